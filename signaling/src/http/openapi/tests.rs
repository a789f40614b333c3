//! The description names every route there is, once, and points to nothing that is not there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::describe;
use crate::http::{AppState, api};
use crate::protocol::API;

/// Paths that axum matches below [`API`]. It tells them only in its `Debug`.
fn routed(router: &axum::Router<AppState>) -> BTreeSet<String> {
    let told = format!("{router:?}");
    told.split('"')
        .filter(|text| text.starts_with(API))
        .map(str::to_owned)
        .collect()
}

fn described(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().expect("there are paths");
    paths.keys().cloned().collect()
}

#[test]
fn every_route_is_described() {
    let (router, description) = describe(api());
    let routed = routed(&router);
    assert!(routed.len() > 10, "axum tells its routes: {routed:?}");
    assert_eq!(routed, described(description.json()));
}

#[test]
fn a_route_beside_the_description_is_seen() {
    let (router, description) = describe(api().route("/hidden", axum::routing::get(|| async {})));
    assert_ne!(routed(&router), described(description.json()));
}

#[test]
fn operations_have_names_of_their_own_and_references_lead_somewhere() {
    let (_, description) = describe(api());
    let document = description.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "two operations are `{name}`");
            assert!(operation["tags"][0].is_string(), "{name} has a tag");
            assert!(operation["summary"].is_string(), "{name} has a summary");
        }
    }
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().expect("a name");
        let found = &document["components"]["schemas"][name];
        assert!(found.is_object(), "`{name}` is not described");
    }
}

#[test]
fn the_page_says_the_same_and_asks_nobody() {
    let (_, description) = describe(api());
    for path in described(description.json()) {
        assert!(
            description.page.contains(&format!("<code>{path}</code>")),
            "{path}"
        );
    }
    for fetching in ["<script", "src=", "@import", "url(", "<link", "http-equiv"] {
        assert!(!description.page.contains(fetching), "{fetching}");
    }
}
