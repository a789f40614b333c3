//! `/trust` and `/ca.crt`: how a phone comes to trust the local CA.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use qrcode::QrCode;
use qrcode::render::svg;

use super::AppState;
use super::error::Problem;

/// What the page shows.
#[derive(Debug)]
pub struct Trust {
    /// CA certificate, PEM.
    pub ca_pem: String,
    /// Where a phone opens this page.
    pub url: String,
    /// Where the server is, once trusted.
    pub home: String,
}

/// `GET /ca.crt`.
///
/// # Errors
/// 404 without a local CA.
pub async fn certificate(State(state): State<AppState>) -> Result<Response, Problem> {
    let trust = state.trust.ok_or_else(no_ca)?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"vitrine-ca.crt\"",
        ),
    ];
    Ok((headers, trust.ca_pem.clone()).into_response())
}

/// `GET /trust`.
///
/// # Errors
/// 404 without a local CA.
pub async fn page(State(state): State<AppState>) -> Result<Response, Problem> {
    let trust = state.trust.ok_or_else(no_ca)?;
    let code = QrCode::new(trust.url.as_bytes()).map_err(|error| Problem::internal(&error))?;
    let code = code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build();
    // Only the picture: an XML declaration has no place inside HTML.
    let code = code.find("<svg").map_or("", |at| &code[at..]);
    let (url, home) = (&trust.url, &trust.home);
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>Trust this server</title>\
         <style>body{{font:16px/1.6 system-ui;max-width:38rem;margin:3rem auto;padding:0 1rem;\
         background:#0c0b0a;color:#f4efe6}}a{{color:#e8c27a}}svg{{background:#fff;padding:12px;\
         border-radius:12px}}</style>\
         <h1>Trust this server</h1>\
         <p>A phone gives a page its camera only over HTTPS. This server has made its own \
         certificate authority; its key never leaves this machine.</p>\
         <p>{code}</p><p>Scan, or open <a href=\"{url}\">{url}</a> on the phone.</p>\
         <ol><li>Download <a href=\"/ca.crt\">the certificate</a>.\
         <li><b>Android</b>: Settings → Security → Install a certificate → CA certificate.\
         <li><b>iPhone</b>: install the profile in Settings, then switch it on under General → \
         About → Certificate Trust Settings.\
         <li>Open <a href=\"{home}\">{home}</a>.</ol>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    let mut response = Html(html).into_response();
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    Ok(response)
}

fn no_ca() -> Problem {
    Problem::not_found("this server has no CA of its own").hint("start it with --tls-self")
}
