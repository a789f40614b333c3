//! The pages, built into the binary: files of client-web/dist, and for the routes of the single
//! page its `index.html`. Hashed files are kept for ever, the rest is asked about each time.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::Problem;
use super::no_such_route;

#[derive(RustEmbed)]
#[folder = "../client-web/dist"]
struct Files;

/// Pictures of the demo show's products, under `/demo-assets/`.
#[derive(RustEmbed)]
#[folder = "demo/assets"]
struct DemoFiles;

/// Scripts and styles only from here; pictures and media from wherever a catalogue has them.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' https: data: blob:; media-src 'self' blob: mediastream:; \
    connect-src 'self' ws: wss:; base-uri 'none'; object-src 'none'; form-action 'self'; \
    frame-ancestors 'self'";

/// Serves a file, a page's route, or 404.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return no_such_route(request.method(), path).into_response();
    }
    let name = path.trim_start_matches('/');
    let if_none_match = request.headers().get(header::IF_NONE_MATCH);
    if let Some(file) = Files::get(name).filter(|_| !name.is_empty()) {
        return answer(name, file, if_none_match);
    }
    if let Some(picture) = name.strip_prefix("demo-assets/")
        && let Some(file) = DemoFiles::get(picture)
    {
        return answer(name, file, if_none_match);
    }
    if is_page(path) {
        return match Files::get("index.html") {
            Some(file) => answer("index.html", file, if_none_match),
            None => Problem::internal(&"client-web/dist has no index.html").into_response(),
        };
    }
    no_such_route(request.method(), path).into_response()
}

/// Routes of the single page.
fn is_page(path: &str) -> bool {
    path == "/"
        || ["/s/", "/host/", "/call/", "/tour/"]
            .iter()
            .any(|at| path.starts_with(at))
}

fn answer(name: &str, file: EmbeddedFile, if_none_match: Option<&HeaderValue>) -> Response {
    let etag = etag(&file.metadata.sha256_hash());
    let cache = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let caching = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, cache.to_owned()),
    ];
    if if_none_match.is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let mime = mime_of(name);
    let mut response = (caching, [(header::CONTENT_TYPE, mime)], file.data).into_response();
    if mime.starts_with("text/html") {
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        );
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        );
    }
    response
}

/// Weak, because compression changes the bytes.
fn etag(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("W/\"");
    for byte in &hash[..12] {
        write!(text, "{byte:02x}").expect("a String takes every write");
    }
    text + "\""
}

fn mime_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webm") => "video/webm",
        _ => "application/octet-stream",
    }
}
