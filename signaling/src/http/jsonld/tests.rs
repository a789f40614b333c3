//! What a crawler reads, and that no text of a merchant gets out of it.

use std::collections::BTreeMap;

use super::*;
use crate::protocol::server::{HoldMode, ShowKind};

fn euro(minor: i64) -> Money {
    Money {
        minor,
        currency: "EUR".into(),
        exponent: 2,
    }
}

fn show(title: &str) -> ShowInfo {
    ShowInfo {
        starts_ms: None,
        name: "lamp".into(),
        title: title.into(),
        kind: ShowKind::Live,
        phase: Phase::Live,
        private: false,
        transcript: false,
        started_ms: Some(1_764_000_000_000),
        cover: Some("/c.webp".into()),
    }
}

fn product(title: &str, available: u32) -> ProductView {
    let price = PriceView {
        price: euro(4_990),
        compare_at: None,
        tiers: Vec::new(),
    };
    let variant = VariantView {
        id: "rug-m".into(),
        options: BTreeMap::new(),
        prices: vec![price],
        min_quantity: 1,
        available,
    };
    ProductView {
        id: "rug".into(),
        merchant: "default".into(),
        title: title.into(),
        description: "Warm & <soft>".into(),
        images: vec!["/pictures/a.jpg".into(), "https://cdn.example/b.jpg".into()],
        price: euro(4_990),
        compare_at: None,
        available,
        translations: BTreeMap::new(),
        descriptions: BTreeMap::new(),
        hold_mode: HoldMode::Hold,
        per_buyer: None,
        deal: None,
        variants: vec![variant],
    }
}

fn graph(page: &str) -> Value {
    let start = page.find("ld+json\">").expect("a block") + "ld+json\">".len();
    let end = start + page[start..].find("</script>").expect("its end");
    let data: Value = serde_json::from_str(&page[start..end]).expect("JSON");
    data["@graph"].clone()
}

#[test]
fn a_show_and_its_products_are_described() {
    let page = "<html><head><title>x</title></head><body></body></html>";
    let page = into_page(
        page,
        &show("Lamps"),
        &[product("Rug", 3)],
        "https://shop.example",
    );
    let graph = graph(&page);
    let event = &graph[0];
    assert_eq!(
        (&event["@type"], &event["isLiveBroadcast"]),
        (&json!("BroadcastEvent"), &json!(true))
    );
    assert_eq!(event["url"], "https://shop.example/s/lamp");
    assert_eq!(event["image"], "https://shop.example/c.webp");
    assert_eq!(event["startDate"], "2025-11-24T16:00:00Z");
    let rug = &graph[1];
    assert_eq!(
        rug["image"],
        json!([
            "https://shop.example/pictures/a.jpg",
            "https://cdn.example/b.jpg"
        ])
    );
    let offer = &rug["offers"][0];
    assert_eq!(
        (&offer["price"], &offer["priceCurrency"]),
        (&json!("49.90"), &json!("EUR"))
    );
    assert_eq!(offer["availability"], "https://schema.org/InStock");
}

#[test]
fn no_title_ends_the_block() {
    let evil = "</script><script>alert(1)</script><!--";
    let page = into_page(
        "<head></head>",
        &show(evil),
        &[product(evil, 0)],
        "https://x",
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script>").count(), 1);
    let graph = graph(&page);
    assert_eq!(
        (&graph[0]["name"], &graph[1]["name"]),
        (&json!(evil), &json!(evil))
    );
    assert_eq!(graph[1]["description"], "Warm & <soft>");
    assert_eq!(
        graph[1]["offers"][0]["availability"],
        "https://schema.org/SoldOut"
    );
}

#[test]
fn money_has_the_decimals_of_its_currency() {
    let money = |minor, exponent| {
        decimal(&Money {
            minor,
            currency: "KWD".into(),
            exponent,
        })
    };
    let told = [
        money(0, 2),
        money(5, 2),
        money(4_990, 2),
        money(1_200, 0),
        money(1, 3),
    ];
    assert_eq!(told, ["0.00", "0.05", "49.90", "1200", "0.001"]);
}
