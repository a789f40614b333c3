//! Catalogues as people write them, and each mistake with its place and its remedy.

use proptest::prelude::*;

use super::*;
use crate::limits::shop::{IMPORT_ERRORS_MAX, IMPORT_PRODUCTS_MAX};

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
    check_mistake(
        b"id,title,price,stock,stock:EUR\n",
        (1, "stock:EUR", "unknown column"),
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
    let two = with(
        r#"[{"price":1,"priceCurrency":"EUR","inventoryLevel":1},
                       {"price":2,"priceCurrency":"EUR"}]"#,
    );
    assert_eq!(first(&two), "1 price:EUR: there is a price in EUR already");
    assert!(first(&with(r#"{"@type":"AggregateOffer","lowPrice":1}"#)).contains("AggregateOffer"));
    let offer = |stock: &str| {
        with(&format!(
            r#"{{"price":1.005,"priceCurrency":"EUR","inventoryLevel":{stock}}}"#
        ))
    };
    assert!(first(&offer("1")).contains("`1.005` has 3 decimals, EUR has 2"));
    assert!(first(&offer("-2")).contains("`-2` is negative"));
}

const SHIRTS: &str = "id,sku,title,title:pt,price,currency,price:USD,tiers,tiers:USD,stock,\
stock_version,min_quantity,hold,option:size,option:colour,description:pt\n\
shirt,shirt-s-red,Shirt,Camisa,20,EUR,22,10=17.90;100=15,10=19.90,5,7,,first_paid,S,red,Linho.\n\
mug,,Mug,,8,EUR,,,,3,,6,,,,\n\
shirt,shirt-m-red,,,21,EUR,,,,4,8,2,,M,red,\n";

#[test]
fn rows_of_one_product_are_its_variants() {
    let products = outcome(read(Format::Csv, SHIRTS.as_bytes())).expect("two products");
    let [shirt, mug] = products.as_slice() else {
        panic!("two products: {products:?}")
    };
    assert_eq!(
        (&*shirt.title, &*shirt.descriptions["pt"]),
        ("Shirt", "Linho.")
    );
    assert_eq!(shirt.hold_mode, HoldMode::FirstPaid);
    let [small, medium] = shirt.variants.as_slice() else {
        panic!("two variants: {shirt:?}")
    };
    assert_eq!(
        (&*small.id, small.stock, small.stock_version),
        ("shirt-s-red", 5, Some(7))
    );
    assert_eq!(
        (&*small.options["size"], &*small.options["colour"]),
        ("S", "red")
    );
    let prices: Vec<_> = small.prices.iter().map(|p| p.price.to_string()).collect();
    assert_eq!(prices, ["20.00 EUR", "22.00 USD"]);
    let tiers = |at: usize| {
        small.prices[at]
            .tiers
            .iter()
            .map(|t| (t.min_quantity, t.price.minor()))
    };
    assert_eq!(tiers(0).collect::<Vec<_>>(), [(10, 1790), (100, 1500)]);
    assert_eq!(tiers(1).collect::<Vec<_>>(), [(10, 1990)]);
    assert_eq!((medium.prices.len(), medium.min_quantity), (1, 2));
    assert_eq!(
        (&*mug.variants[0].id, mug.variants[0].min_quantity),
        ("mug", 6)
    );
}

#[test]
fn each_mistake_of_a_variant_names_its_row() {
    let header = "id,sku,title,price,currency,stock,stock_version,min_quantity,tiers,hold,\
                  option:size,price:USD\n";
    let first = "a,a-s,A,9,EUR,1,,,,,S,\n";
    for (row, expected) in [
        (
            "a,a-s,,9,EUR,1,,,,,M,\n",
            (3, "sku", "`a-s` is already in row 2"),
        ),
        (
            "a,a-m,B,9,EUR,1,,,,,M,\n",
            (3, "title", "is not what row 2 says"),
        ),
        (
            "a,a-m,,9,EUR,1,,,,,S,\n",
            (2, "option", "`a-m` has the same as `a-s`"),
        ),
        ("a,a-m,,9,EUR,1,,,,,,\n", (2, "option", "`a-m` has none")),
        (
            "a,a-m,,9,EUR,1,x,,,,M,\n",
            (3, "stock_version", "`x` is not a whole number"),
        ),
        (
            "a,a-m,,9,EUR,1,,0,,,M,\n",
            (3, "min_quantity", "`0` is not a number from 1"),
        ),
        (
            "a,a-m,,9,EUR,1,,,10,,M,\n",
            (3, "tiers", "`10` is not written like 10=17.90"),
        ),
        (
            "a,a-m,,9,EUR,1,,,10=9,,M,\n",
            (3, "tiers", "is not below 9.00 EUR"),
        ),
        (
            "a,a-m,,9,EUR,1,,,9=8;9=7,,M,\n",
            (3, "tiers", "do not follow fewer"),
        ),
        (
            "b,b,B,9,EUR,1,,,,later,,\n",
            (3, "hold", "`later` is neither"),
        ),
        (
            "a,a-m,,9,EUR,1,,,,,M,1.234\n",
            (3, "price:USD", "has 3 decimals"),
        ),
        (
            "a,a-m,,9,USD,1,,,,,M,8\n",
            (3, "price:USD", "a price in USD already"),
        ),
        ("a,a/m,,9,EUR,1,,,,,M,\n", (3, "sku", "has `/`")),
    ] {
        check_mistake(format!("{header}{first}{row}").as_bytes(), expected);
    }
}

#[test]
fn a_group_of_a_shop_system_is_one_product() {
    let products = json(
        r##"{"@type":"ProductGroup","productGroupID":"shirt","name":"Shirt","hasVariant":[
            {"@type":"Product","sku":"s","size":"S","color":"red","offers":[
                {"price":20,"priceCurrency":"EUR","inventoryLevel":5,
                 "eligibleQuantity":{"minValue":2},
                 "priceSpecification":[{"price":15,"eligibleQuantity":{"minValue":10}}]},
                {"price":22,"priceCurrency":"USD"}]},
            {"@type":"Product","sku":"m","size":{"@type":"SizeSpecification","name":"M"},
             "additionalProperty":{"name":"fit","value":"slim"},
             "offers":{"price":20,"priceCurrency":"EUR","inventoryLevel":1}}]}"##,
    )
    .expect("one product");
    let [shirt] = products.as_slice() else {
        panic!("one product: {products:?}")
    };
    let [small, medium] = shirt.variants.as_slice() else {
        panic!("two variants: {shirt:?}")
    };
    assert_eq!(
        (small.prices.len(), small.min_quantity, small.stock),
        (2, 2, 5)
    );
    assert_eq!(small.prices[0].tiers[0].price.minor(), 1500);
    assert_eq!(
        (&*medium.options["size"], &*medium.options["fit"]),
        ("M", "slim")
    );
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Zé,\"; \n-]{0,12}".prop_map(|text| format!("x{}x", text))
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(prop_oneof!["pt", "zh-Hant", "de"], text(), 0..3)
}

fn price(currency: &'static str) -> impl Strategy<Value = Price> {
    (100..1_000_000_i64, 0..3_i64, any::<bool>()).prop_map(move |(minor, tiers, was_dearer)| {
        let amount = |minor| Amount::new(minor, currency).expect("an amount");
        let tier = |n: i64| Tier {
            min_quantity: u32::try_from(n * 10).expect("small"),
            price: amount(minor - n),
        };
        Price {
            price: amount(minor),
            compare_at: was_dearer.then(|| amount(minor + 1)),
            tiers: (1..=tiers).map(tier).collect(),
        }
    })
}

fn variant(id: String, size: String) -> impl Strategy<Value = Variant> {
    let others = (
        prop::option::of(price("JPY")),
        prop::option::of(price("USD")),
    );
    let numbers = (1..50_u32, 0..9_u32, prop::option::of(0..9_i64));
    (price("EUR"), others, numbers).prop_map(move |(first, (yen, dollars), numbers)| Variant {
        id: id.clone(),
        options: BTreeMap::from([("size".into(), size.clone())]),
        min_quantity: numbers.0,
        prices: [Some(first), yen, dollars].into_iter().flatten().collect(),
        stock: numbers.1,
        stock_version: numbers.2,
    })
}

fn product(id: &'static str) -> impl Strategy<Value = Product> {
    let images = prop::collection::vec("/[a-z]{1,5}\\.webp", 0..4);
    let variants = (1..4_usize).prop_flat_map(move |count| {
        let one = |n: usize| variant(format!("{id}-{n}"), format!("size {n}"));
        (0..count).map(one).collect::<Vec<_>>()
    });
    let hold = prop_oneof![Just(HoldMode::Hold), Just(HoldMode::FirstPaid)];
    let rules = (hold, prop::option::of(1..9_u32));
    let about = (text(), text(), images, texts(), texts(), rules);
    (about, variants).prop_map(move |(about, variants)| Product {
        id: id.into(),
        title: about.0,
        description: about.1,
        images: about.2,
        translations: about.3,
        descriptions: about.4,
        hold_mode: about.5.0,
        per_buyer: about.5.1,
        variants,
    })
}

proptest! {
    #[test]
    fn what_is_exported_imports_as_it_was(products in (product("a"), product("b"))) {
        let products = [products.0, products.1];
        let file = write(&products);
        let again = outcome(read(Format::Csv, file.as_bytes()));
        prop_assert_eq!(again.as_deref(), Ok(&products[..]), "{}", file);
    }
}
