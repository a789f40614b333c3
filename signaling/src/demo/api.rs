//! The demo show's way into the server: the same HTTP doors that anybody uses, with a host token.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::json;

use super::{SHOW, TITLE};
use crate::protocol::API;
use crate::protocol::server::OrderState;
use crate::protocol::shop::HostOrderList;

static CATALOGUE: &str = include_str!("../../demo/catalog.csv");

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No answer.
    #[error("{what}: {source}")]
    Unreachable {
        /// What was asked.
        what: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer, but not the one hoped for.
    #[error("{what}: {status} {detail}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// The problem's text.
        detail: String,
    },
}

/// A client of one server, as one host.
#[derive(Clone)]
pub struct Api {
    base: String,
    token: Arc<dyn Fn() -> String + Send + Sync>,
    http: reqwest::Client,
}

/// An accepted WHIP session.
pub(super) struct WhipSession {
    /// SDP answer.
    pub(super) answer: String,
    location: Option<String>,
}

#[derive(serde::Deserialize)]
struct Ticket {
    ticket: String,
}

impl Api {
    /// For the server at `base`, e.g. `http://127.0.0.1:8080`. `token` gives a host token of the
    /// show that is valid now: the demo may run longer than any token.
    #[must_use]
    pub fn new(base: &str, token: impl Fn() -> String + Send + Sync + 'static) -> Api {
        Api {
            base: base.trim_end_matches('/').to_owned(),
            token: Arc::new(token),
            http: reqwest::Client::new(),
        }
    }

    /// Where the WebSocket is.
    pub(super) fn socket_url(&self) -> String {
        format!("{}/ws", self.base.replacen("http", "ws", 1))
    }

    /// Makes the show, unless it is there already.
    pub(super) async fn create_show(&self) -> Result<(), ApiError> {
        let body = json!({
            "name": SHOW, "title": TITLE, "kind": "live", "private": false,
            "cover": "/demo-assets/cover.webp",
        });
        let request = self.post(&format!("{API}/shows")).json(&body);
        match self.send("creating the show", request).await {
            Err(ApiError::Refused { status: 409, .. }) => Ok(()),
            result => result.map(|_| ()),
        }
    }

    /// A one-time ticket for the WebSocket.
    pub(super) async fn ticket(&self) -> Result<String, ApiError> {
        let what = "asking for a ticket";
        let answer = self
            .send(what, self.post(&format!("{API}/tickets")))
            .await?;
        Ok(read::<Ticket>(what, answer).await?.ticket)
    }

    /// Opens a WHIP session.
    pub(super) async fn whip(&self, offer: String) -> Result<WhipSession, ApiError> {
        let what = "publishing by WHIP";
        let request = self
            .post(&format!("/whip/{SHOW}"))
            .header("content-type", "application/sdp")
            .body(offer);
        let answer = self.send(what, request).await?;
        let location = answer.headers().get("location");
        let location = location
            .and_then(|value| value.to_str().ok())
            .map(Into::into);
        let answer = answer
            .text()
            .await
            .map_err(|source| ApiError::Unreachable { what, source })?;
        Ok(WhipSession { answer, location })
    }

    /// Ends a WHIP session.
    pub(super) async fn whip_end(&self, session: &WhipSession) -> Result<(), ApiError> {
        let Some(location) = &session.location else {
            return Ok(());
        };
        let url = match location.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.base),
            None => location.clone(),
        };
        let request = self.http.delete(url).bearer_auth((self.token)());
        self.send("ending the WHIP session", request)
            .await
            .map(|_| ())
    }

    async fn orders(&self) -> Result<HostOrderList, ApiError> {
        let what = "listing the orders";
        let url = format!("{}{API}/shows/{SHOW}/orders", self.base);
        let request = self.http.get(url).bearer_auth((self.token)());
        read(what, self.send(what, request).await?).await
    }

    async fn import(&self, csv: String) -> Result<(), ApiError> {
        let request = self
            .post(&format!("{API}/shows/{SHOW}/products"))
            .header("content-type", "text/csv")
            .body(csv);
        self.send("importing the catalogue", request)
            .await
            .map(|_| ())
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.post(url).bearer_auth((self.token)())
    }

    async fn send(
        &self,
        what: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ApiError> {
        let answer = request
            .send()
            .await
            .map_err(|source| ApiError::Unreachable { what, source })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let detail = answer.text().await.unwrap_or_default();
        Err(ApiError::Refused {
            what,
            status: status.as_u16(),
            detail,
        })
    }
}

async fn read<T: DeserializeOwned>(
    what: &'static str,
    answer: reqwest::Response,
) -> Result<T, ApiError> {
    answer
        .json()
        .await
        .map_err(|source| ApiError::Unreachable { what, source })
}

/// Fills the shelf: the catalogue's stock in free pieces, on top of what was ever sold or is
/// held, because an imported stock counts all pieces there ever were to sell.
pub(super) async fn restock(api: &Api) -> Result<(), ApiError> {
    let mut taken = BTreeMap::<String, u64>::new();
    for order in api.orders().await?.orders {
        if matches!(
            order.order.state,
            OrderState::Reserved | OrderState::Pending | OrderState::Confirmed | OrderState::Paid
        ) {
            for line in order.order.lines {
                *taken.entry(line.variant).or_default() += u64::from(line.quantity);
            }
        }
    }
    let csv = catalogue_with(|variant| taken.get(variant).copied().unwrap_or(0));
    api.import(csv).await?;
    tracing::info!(
        taken = taken.values().sum::<u64>(),
        "the demo shelf is full"
    );
    Ok(())
}

/// The catalogue with `more(variant)` pieces added to each stock.
fn catalogue_with(more: impl Fn(&str) -> u64) -> String {
    let mut reader = csv::Reader::from_reader(CATALOGUE.as_bytes());
    let header = reader
        .headers()
        .expect("the catalogue has a header")
        .clone();
    let place = |name| header.iter().position(|column| column == name);
    let id = place("id").expect("the catalogue has ids");
    let sku = place("sku").expect("the catalogue has variants");
    let stock = place("stock").expect("the catalogue has a stock");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("memory takes a row");
    for row in reader.records() {
        let row = row.expect("the catalogue is CSV");
        let pieces: u64 = row[stock].parse().expect("stock is a number");
        let variant = if row[sku].is_empty() {
            &row[id]
        } else {
            &row[sku]
        };
        let pieces = (pieces + more(variant)).to_string();
        let cells = row.iter().enumerate();
        let cells = cells.map(|(at, cell)| if at == stock { pieces.as_str() } else { cell });
        writer.write_record(cells).expect("memory takes a row");
    }
    let bytes = writer.into_inner().expect("memory takes a file");
    String::from_utf8(bytes).expect("the catalogue is UTF-8")
}

#[cfg(test)]
pub(super) fn catalogue_ids() -> Vec<String> {
    let mut reader = csv::Reader::from_reader(CATALOGUE.as_bytes());
    let rows = reader
        .records()
        .map(|row| row.expect("a row")[0].to_owned());
    let mut ids: Vec<_> = rows.collect();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_what_the_importer_takes() {
        let products = crate::shop::catalog::read(
            crate::shop::catalog::Format::Csv,
            catalogue_with(|_| 0).as_bytes(),
        )
        .expect("no mistakes");
        assert_eq!(products.len(), catalogue_ids().len());
        for (_, product) in products {
            assert!(product.variants.iter().all(|v| v.stock > 0));
            assert!(product.translations.contains_key("pt"), "{}", product.id);
        }
    }

    #[test]
    fn stock_counts_what_was_sold() {
        let more = catalogue_with(|variant| if variant == "cups-sage" { 5 } else { 0 });
        let plain = catalogue_with(|_| 0);
        let changed = more.lines().zip(plain.lines()).filter(|(a, b)| a != b);
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed.len(), 1);
        assert!(changed[0].0.starts_with("cups,cups-sage,"));
    }
}
