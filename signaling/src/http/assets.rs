//! The pages, built into the binary: files of client-web/dist, and for the routes of the single
//! page its `index.html`. Hashed files are kept for ever, the rest is asked about each time. The
//! page of a public show carries its description for search engines.

use std::borrow::Cow;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use super::error::Problem;
use super::server::OverTls;
use super::{AppState, jsonld, no_such_route};

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
pub async fn serve(State(state): State<AppState>, request: Request) -> Response {
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
    if let Some(show) = path.strip_prefix("/s/")
        && let Some(origin) = origin(&state, &request)
        && let Some(page) = show_page(&state, show, &origin).await
    {
        let hash = Sha256::digest(&page);
        return reply(
            "index.html",
            hash.as_slice(),
            page.into_bytes().into(),
            if_none_match,
        );
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
        || ["/s/", "/o/", "/host/", "/call/", "/tour/"]
            .iter()
            .any(|at| path.starts_with(at))
}

/// The page of a public show, which says what it is.
async fn show_page(state: &AppState, show: &str, origin: &str) -> Option<String> {
    let room = state.hub.get(show)?;
    let info = room.view().info.clone();
    if info.private {
        return None;
    }
    // Without its store the show is still a show.
    let products = state.shop.products(&info.name).await.unwrap_or_default();
    let file = Files::get("index.html")?;
    let page = std::str::from_utf8(&file.data).ok()?;
    Some(jsonld::into_page(page, &info, &products, origin))
}

/// Where the reader believes to be: `https://shop.example`.
pub(super) fn origin(state: &AppState, request: &Request) -> Option<String> {
    let header = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = authority.or_else(|| header(header::HOST))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let proto = header::HeaderName::from_static("x-forwarded-proto");
    let forwarded = header(proto).filter(|_| state.config.trust_proxy);
    let is_secure = request.extensions().get::<OverTls>().is_some() || forwarded == Some("https");
    let scheme = if is_secure { "https" } else { "http" };
    host.bytes()
        .all(is_plain)
        .then(|| format!("{scheme}://{host}"))
}

fn answer(name: &str, file: EmbeddedFile, if_none_match: Option<&HeaderValue>) -> Response {
    reply(name, &file.metadata.sha256_hash(), file.data, if_none_match)
}

fn reply(
    name: &str,
    hash: &[u8],
    data: Cow<'static, [u8]>,
    if_none_match: Option<&HeaderValue>,
) -> Response {
    let etag = etag(hash);
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
    let mut response = (caching, [(header::CONTENT_TYPE, mime)], data).into_response();
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
