//! The client side of WHIP (RFC 9725) and WHEP: one POST, one DELETE.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, StatusCode, Url};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// A client for many requests.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client() -> Result<Client> {
    Ok(Client::builder().timeout(PATIENCE).build()?)
}

/// An accepted session.
#[derive(Debug, Clone)]
pub struct Resource {
    /// SDP answer.
    pub answer: String,
    /// What DELETE goes to.
    pub url: Url,
}

/// Posts an offer; 201 with a Location and an answer is the only success.
///
/// # Errors
/// Any other answer, with its body.
pub async fn post(
    http: &Client,
    endpoint: &str,
    token: Option<&str>,
    offer: String,
) -> Result<Resource> {
    let mut request = http
        .post(endpoint)
        .header(CONTENT_TYPE, "application/sdp")
        .body(offer);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request
        .send()
        .await
        .with_context(|| format!("POST {endpoint}"))?;
    let (status, url) = (response.status(), response.url().clone());
    let location = response.headers().get(LOCATION).cloned();
    let body = response.text().await?;
    if status != StatusCode::CREATED {
        bail!("POST {endpoint}: {status}: {body}");
    }
    let location = location.context("201 without a Location")?;
    let url = url.join(location.to_str()?)?;
    Ok(Resource { answer: body, url })
}

/// Ends a session; 200 is the only success (OBS insists on it).
///
/// # Errors
/// Any other answer.
pub async fn delete(http: &Client, url: &Url, token: Option<&str>) -> Result<()> {
    let mut request = http.delete(url.clone());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let status = request.send().await?.status();
    ensure!(status == StatusCode::OK, "DELETE {url}: {status}");
    Ok(())
}
