//! The shelf of the sale in `fixtures/glossary`, as a show's glossary.

use anyhow::{Context, Result, anyhow};
use signaling::shop::catalog::{Format, read};
use signaling::shop::money::Amount;
use translate::glossary::{Glossary, Product};

/// The words of that shelf.
///
/// # Errors
/// When it is no catalogue.
pub fn glossary() -> Result<Glossary> {
    let path = super::sale::folder().join("shelf.csv");
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let rows = read(Format::Csv, &bytes).map_err(|errors| anyhow!("{errors:?}"))?;
    let product = |(_, product): &(u32, signaling::shop::catalog::Product)| {
        let price = &product.variants[0].prices[0];
        let amounts = [Some(price.price), price.compare_at].into_iter().flatten();
        Product {
            sku: product.id.clone(),
            title: product.title.clone(),
            description: product.description.clone(),
            titles: product.translations.values().cloned().collect(),
            currency: price.price.currency().to_owned(),
            prices: amounts.map(Amount::number).collect(),
        }
    };
    Ok(Glossary::of(&rows.iter().map(product).collect::<Vec<_>>()))
}
