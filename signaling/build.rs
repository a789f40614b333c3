//! Makes sure that there are pages to embed: without client-web/dist (cargo alone, no Node) a
//! page that says how to build them takes its place.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><meta charset=utf-8><title>Vitrine</title>\
<p>The server runs. Its pages were not built: run <code>make build</code>, then build the server again.\n";

fn main() {
    let dist = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../client-web/dist");
    if !dist.join("index.html").exists() {
        std::fs::create_dir_all(&dist).expect("client-web/dist can be made");
        std::fs::write(dist.join("index.html"), PLACEHOLDER).expect("and written to");
    }
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=migrations");
}
