//! Catalogues as people write them, and each mistake with its place and its remedy.

use super::*;

const HEADER: &str = "id,title,description,price,currency,compare_at,stock,image\n";

fn before(product: &Product) -> Option<i64> {
    product.variants[0].prices[0].compare_at.map(Amount::minor)
}

fn csv(rows: &str) -> Result<Vec<Product>, Vec<(u32, String, String)>> {
    outcome(read(Format::Csv, format!("{HEADER}{rows}").as_bytes()))
}

fn outcome(
    found: Result<Vec<(u32, Product)>, Vec<RowError>>,
) -> Result<Vec<Product>, Vec<(u32, String, String)>> {
    match found {
        Ok(products) => Ok(products.into_iter().map(|(_, product)| product).collect()),
        Err(mistakes) => Err(mistakes
            .into_iter()
            .map(|m| (m.row, m.field, m.message))
            .collect()),
    }
}

/// One mistake: row, column, words of the message.
fn check_mistake(file: &[u8], expected: (u32, &str, &str)) {
    let found = outcome(read(Format::Csv, file)).expect_err("a mistake");
    let told = String::from_utf8_lossy(file);
    assert_eq!(found.len(), 1, "one mistake in {told}: {found:?}");
    let (row, field, message) = &found[0];
    assert_eq!(
        (*row, field.as_str()),
        (expected.0, expected.1),
        "place in {told}: {message}"
    );
    assert!(
        message.contains(expected.2),
        "`{message}` says `{}`",
        expected.2
    );
}

#[test]
fn a_catalogue_as_a_spreadsheet_saves_it() {
    let file = "\u{feff}id,Title,price,currency,stock,compare_at,description,image,image2,title:pt\r\n\
        lamp-01,\"Lamp, brass\",49.90,EUR,12,69.90,\"Warm light.\nBy hand.\",/demo/lamp.webp,\
        https://example.org/b.jpg,Candeeiro\r\n\
        mug,Mug,8,EUR,0,,,,,\r\n";
    let products = outcome(read(Format::Csv, file.as_bytes())).expect("two products");
    let lamp = &products[0];
    assert_eq!(
        (lamp.id.as_str(), lamp.title.as_str()),
        ("lamp-01", "Lamp, brass")
    );
    assert_eq!(
        (lamp.variants[0].prices[0].price.minor(), before(lamp)),
        (4990, Some(6990))
    );
    assert_eq!((lamp.variants[0].stock, lamp.images.len()), (12, 2));
    assert_eq!(lamp.translations["pt"], "Candeeiro");
    assert_eq!(lamp.description, "Warm light.\nBy hand.");
    let mug = &products[1];
    assert_eq!(
        (
            mug.variants[0].prices[0].price.minor(),
            before(mug),
            mug.variants[0].stock
        ),
        (800, None, 0)
    );
    assert!(mug.images.is_empty() && mug.translations.is_empty());
}

#[test]
fn each_mistake_names_row_column_and_remedy() {
    let row = |row: &str| format!("{HEADER}{row}\n").into_bytes();
    let cases: [(&str, (u32, &str, &str)); 14] = [
        ("mug,Mug,,\"8,50\",EUR,,5,", (2, "price", "has a comma")),
        (
            "mug,Mug,,8.505,EUR,,5,",
            (2, "price", "has 3 decimals, EUR has 2"),
        ),
        ("mug,Mug,,,EUR,,5,", (2, "price", "is not an amount")),
        (
            "mug,Mug,,8,EUX,,5,",
            (2, "currency", "`EUX` is not an ISO 4217"),
        ),
        ("mug,Mug,,8,,,5,", (2, "currency", "names no currency")),
        (
            "mug,Mug,,8,EUR,7,5,",
            (2, "compare_at", "7.00 EUR is not above the price, 8.00 EUR"),
        ),
        ("mug,Mug,,8,EUR,,-5,", (2, "stock", "`-5` is negative")),
        (
            "mug,Mug,,8,EUR,,1.5,",
            (2, "stock", "is not a whole number"),
        ),
        ("mug,Mug,,8,EUR,,,", (2, "stock", "is missing")),
        ("a/b,Mug,,8,EUR,,5,", (2, "id", "has `/`")),
        (",Mug,,8,EUR,,5,", (2, "id", "is missing")),
        ("mug,,,8,EUR,,5,", (2, "title", "is missing")),
        (
            "mug,Mug,,8,EUR,,5,javascript:alert(1)",
            (2, "image", "must begin with https://"),
        ),
        (
            "mug,Mug,Hot, tea,8,EUR,,5,",
            (2, "", "has 9 columns, the header has 8"),
        ),
    ];
    for (text, expected) in cases {
        check_mistake(&row(text), expected);
    }
    let mut latin = row("mug,Caf,,8,EUR,,5,");
    let at = latin
        .windows(3)
        .position(|w| w == b"Caf")
        .expect("the title");
    latin.insert(at + 3, 0xE9);
    check_mistake(&latin, (2, "title", "is not UTF-8"));
}

#[test]
fn a_header_that_does_not_fit_is_explained() {
    check_mistake(
        b"id;title;price;stock\nmug;Mug;8;5\n",
        (1, "", "separated by semicolons"),
    );
    check_mistake(b"id\ttitle\tprice\tstock\n", (1, "", "separated by tabs"));
    check_mistake(
        b"id,title,price\nmug,Mug,8\n",
        (1, "stock", "has no column `stock`"),
    );
    check_mistake(
        b"id,title,price,stock,colour\n",
        (1, "colour", "unknown column"),
    );
    check_mistake(b"id,title,price,stock,id\n", (1, "id", "twice"));
    check_mistake(b"", (1, "id", "has no column `id`"));
    check_mistake(HEADER.as_bytes(), (0, "", "no product"));
}

#[test]
fn all_mistakes_come_together_and_nothing_else() {
    let found = csv("mug,Mug,,8,EUR,,5,\nmug,Mug again,,8,EUR,,5,\n?,,,x,EUR,,-1,\n");
    let places: Vec<(u32, String)> = found
        .expect_err("mistakes")
        .into_iter()
        .map(|(row, field, _)| (row, field))
        .collect();
    let expected = [
        (3, "id"),
        (4, "id"),
        (4, "title"),
        (4, "stock"),
        (4, "price"),
    ];
    assert_eq!(places, expected.map(|(row, field)| (row, field.to_owned())));
}

#[test]
fn a_hundred_mistakes_are_enough() {
    let rows = "mug,Mug,,x,EUR,,5,\n".repeat(300);
    assert_eq!(csv(&rows).expect_err("mistakes").len(), IMPORT_ERRORS_MAX);
    let many: String = (0..=IMPORT_PRODUCTS_MAX)
        .map(|n| format!("p{n},P,,1,EUR,,1,\n"))
        .collect();
    let found = csv(&many).expect_err("too many");
    assert!(found[0].2.contains("at most"), "{found:?}");
}

fn json(text: &str) -> Result<Vec<Product>, Vec<(u32, String, String)>> {
    outcome(read(Format::JsonLd, text.as_bytes()))
}

#[test]
fn a_product_page_of_a_shop_system() {
    let products = json(
        r##"{"@context":"https://schema.org","@graph":[
            {"@type":"WebPage","name":"Our lamps"},
            {"@type":["Product","Thing"],"@id":"#lamp","sku":"lamp-01",
             "name":[{"@value":"Lamp","@language":"en"},{"@value":"Candeeiro","@language":"pt"}],
             "image":["https://example.org/a.jpg",{"@type":"ImageObject","url":"/b.jpg"}],
             "description":"Warm light.","offers":{"@id":"#offer"}},
            {"@type":"Offer","@id":"#offer","price":19.9,"priceCurrency":"EUR",
             "inventoryLevel":{"@type":"QuantitativeValue","value":7},
             "priceSpecification":{"priceType":"https://schema.org/StrikethroughPrice",
                                   "price":"29.90"}}]}"##,
    )
    .expect("one product");
    let [lamp] = products.as_slice() else {
        panic!("one product: {products:?}")
    };
    assert_eq!(
        (
            lamp.id.as_str(),
            lamp.title.as_str(),
            lamp.variants[0].stock
        ),
        ("lamp-01", "Lamp", 7)
    );
    assert_eq!(
        (lamp.variants[0].prices[0].price.minor(), before(lamp)),
        (1990, Some(2990))
    );
    assert_eq!(lamp.images, ["https://example.org/a.jpg", "/b.jpg"]);
    assert_eq!(lamp.translations["pt"], "Candeeiro");
}

#[test]
fn one_object_an_array_or_an_offer_around() {
    let product = |id: &str| {
        format!(
            r#"{{"@type":"Product","sku":"{id}","name":"P","offers":[{{"@type":"Offer",
                "price":"5","priceCurrency":"JPY","availability":"https://schema.org/SoldOut"}}]}}"#
        )
    };
    assert_eq!(json(&product("a")).expect("one")[0].variants[0].stock, 0);
    let two = json(&format!("[{},{}]", product("a"), product("b"))).expect("two");
    assert_eq!(
        two.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let around = r#"{"@type":"schema:Offer","price":5,"priceCurrency":"JPY","inventoryLevel":3,
        "itemOffered":{"@type":"Product","sku":"c","name":"P"}}"#;
    assert_eq!(json(around).expect("one")[0].variants[0].stock, 3);
}

#[test]
fn json_mistakes_name_product_and_property() {
    let first = |text: &str| {
        let mut found = json(text).expect_err("a mistake");
        let (row, field, message) = found.remove(0);
        format!("{row} {field}: {message}")
    };
    assert!(first("{").starts_with("0 : the file is not JSON"));
    assert_eq!(
        first(r#"{"@type":"Person"}"#),
        "0 : there is no product in the file"
    );
    let with =
        |offers: &str| format!(r#"{{"@type":"Product","sku":"a","name":"P","offers":{offers}}}"#);
    assert!(first(&with("null")).starts_with("1 offers: is missing"));
    assert!(first(&with(r##"{"@id":"#none"}"##)).contains("no node with @id `#none`"));
    assert!(first(&with(r#"[{"price":1,"a":1},{"price":2,"a":1}]"#)).contains("one price"));
    assert!(first(&with(r#"{"@type":"AggregateOffer","lowPrice":1}"#)).contains("AggregateOffer"));
    let offer = |stock: &str| {
        with(&format!(
            r#"{{"price":1.005,"priceCurrency":"EUR","inventoryLevel":{stock}}}"#
        ))
    };
    assert!(first(&offer("1")).contains("`1.005` has 3 decimals, EUR has 2"));
    assert!(first(&offer("-2")).contains("`-2` is negative"));
}
