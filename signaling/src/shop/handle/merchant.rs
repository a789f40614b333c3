//! What a merchant asks of the shop: its catalogue, shelves, flash deals, coupons, consent and
//! shipping.

use super::{ShopHandle, unavailable};
use crate::protocol::deals::{CouponBody, CouponView, DealBody};
use crate::protocol::server::DealView;
use crate::protocol::shop::{ProductBody, ShippingBody};
use crate::shop::catalog::{self, Format};
use crate::shop::coupon::{self, Coupon, NoCoupon};
use crate::shop::deal::Deal;
use crate::shop::order::OrderId;
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

    /// Announces a flash deal in a show.
    pub async fn announce(
        &self,
        merchant: &str,
        show: String,
        body: DealBody,
    ) -> Result<DealView, ShopError> {
        let id = OrderId::from_random(rand::random()).as_str().to_owned();
        let deal = Deal::announce(id.clone(), show.clone(), body, (self.clock)())?;
        let merchant = merchant.to_owned();
        self.change(Command::Announce { merchant, deal }).await?;
        let deals = self.deals(&show).await?;
        // Ended by another host in this very moment.
        let view = deals.into_iter().find(|deal| deal.id == id);
        view.ok_or(ShopError::UnknownDeal)
    }

    /// The flash deals of a show that are not over, the next first.
    pub async fn deals(&self, show: &str) -> Result<Vec<DealView>, ShopError> {
        self.store.deals(show).await.map_err(unavailable)
    }

    /// Ends a flash deal of a show.
    pub async fn end_deal(
        &self,
        merchant: &str,
        show: String,
        deal: String,
    ) -> Result<(), ShopError> {
        let merchant = merchant.to_owned();
        self.change(Command::EndDeal {
            merchant,
            show,
            deal,
        })
        .await
    }

    /// Makes a coupon, or changes it.
    pub async fn put_coupon(
        &self,
        merchant: &str,
        code: &str,
        body: &CouponBody,
    ) -> Result<CouponView, ShopError> {
        let coupon = Coupon::check(merchant, code, body)?;
        let code = coupon.code.clone();
        self.change(Command::PutCoupon(coupon)).await?;
        let made = self.store.coupon(merchant, &code).await;
        let made = made.map_err(unavailable)?;
        Ok(made.ok_or(ShopError::NoCoupon(NoCoupon::Unknown))?.view())
    }

    /// All coupons of a merchant.
    pub async fn coupons(&self, merchant: &str) -> Result<Vec<CouponView>, ShopError> {
        let coupons = self.store.coupons(merchant).await.map_err(unavailable)?;
        Ok(coupons.iter().map(Coupon::view).collect())
    }

    /// Takes a coupon out of use.
    pub async fn drop_coupon(&self, merchant: &str, code: &str) -> Result<(), ShopError> {
        self.change(Command::DropCoupon {
            merchant: merchant.into(),
            code: coupon::normal(code),
        })
        .await
    }

    /// A coupon that is not used up.
    pub(super) async fn usable_coupon(
        &self,
        merchant: &str,
        code: &str,
    ) -> Result<Coupon, ShopError> {
        let found = self.store.coupon(merchant, &coupon::normal(code)).await;
        let found = found.map_err(unavailable)?;
        let found = found.ok_or(ShopError::NoCoupon(NoCoupon::Unknown))?;
        match found.total.is_some_and(|total| found.taken >= total) {
            true => Err(ShopError::NoCoupon(NoCoupon::UsedUp)),
            false => Ok(found),
        }
    }

    async fn change(&self, command: Command) -> Result<(), ShopError> {
        self.ask(Request::Command(command)).await.map(|_| ())
    }
}
