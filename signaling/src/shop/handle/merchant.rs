//! What a merchant asks of the shop: its catalogue, shelves, consent and shipping.

use super::{ShopHandle, unavailable};
use crate::protocol::shop::{ProductBody, ShippingBody};
use crate::shop::catalog::{self, Format};
use crate::shop::store::Command;
use crate::shop::{Reply, Request, ShopError, zones};

impl ShopHandle {
    /// Imports a merchant's catalogue into a show: all of it, or the list of its mistakes.
    pub async fn import(
        &self,
        merchant: &str,
        show: &str,
        format: Format,
        file: &[u8],
    ) -> Result<u32, ShopError> {
        let import = Command::Import {
            products: catalog::read(format, file).map_err(ShopError::Import)?,
            merchant: merchant.into(),
            show: Some(show.into()),
        };
        match self.ask(Request::Command(import)).await? {
            Reply::Imported(count) => Ok(count),
            other => unreachable!("an import is answered by Imported, not {other:?}"),
        }
    }

    /// Makes or replaces one product; no shelf changes.
    pub async fn put_product(
        &self,
        merchant: &str,
        id: &str,
        body: ProductBody,
    ) -> Result<(), ShopError> {
        let product = catalog::check_one(id, body).map_err(ShopError::Import)?;
        self.change(Command::Import {
            merchant: merchant.into(),
            show: None,
            products: vec![(0, product)],
        })
        .await
    }

    /// The merchant's catalogue as CSV that imports back to the same catalogue.
    pub async fn export(&self, merchant: &str) -> Result<String, ShopError> {
        let products = self.store.catalogue(merchant).await.map_err(unavailable)?;
        Ok(catalog::write(&products))
    }

    /// Makes these products the whole shelf of a show, in this order.
    pub async fn shelve(
        &self,
        merchant: &str,
        show: &str,
        products: Vec<String>,
    ) -> Result<(), ShopError> {
        self.change(Command::Shelve {
            merchant: merchant.into(),
            show: show.into(),
            products,
        })
        .await
    }

    /// Lets another merchant's hosts sell this one's products, or no longer.
    pub async fn consent(
        &self,
        owner: &str,
        seller: &str,
        is_given: bool,
    ) -> Result<(), ShopError> {
        catalog::check_id(seller).map_err(|why| ShopError::Merchant(seller.into(), why))?;
        self.change(Command::Consent {
            owner: owner.into(),
            seller: seller.into(),
            is_given,
        })
        .await
    }

    /// Where the merchant sends to.
    pub async fn shipping(&self, merchant: &str) -> Result<ShippingBody, ShopError> {
        let zones = self.store.zones(merchant).await.map_err(unavailable)?;
        Ok(zones::body(&zones))
    }

    /// Sets where the merchant sends to.
    pub async fn set_shipping(&self, merchant: &str, body: ShippingBody) -> Result<(), ShopError> {
        self.change(Command::SetZones {
            merchant: merchant.into(),
            zones: zones::check(body)?,
        })
        .await
    }

    async fn change(&self, command: Command) -> Result<(), ShopError> {
        self.ask(Request::Command(command)).await.map(|_| ())
    }
}
