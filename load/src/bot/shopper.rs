//! Shoppers: join over the WebSocket, see the shelf, and buy. What is timed is what a buyer
//! waits for: from tap (order) to confirmation on disk.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use signaling::protocol::PROTOCOL_VERSION;
use signaling::protocol::client::ClientMessage;
use signaling::protocol::server::{JoinState, OrderView, ServerMessage, ShowState};
use signaling::protocol::shop::{ConfirmBody, QuoteView, ReserveBody};
use tests::wait::now;
use tokio_tungstenite::tungstenite::Message;

use crate::scenario::Shoppers;

/// Longest wait for `joined`.
const JOIN: Duration = Duration::from_secs(10);

/// What `POST /api/shows/{show}/visit` gives.
#[derive(Deserialize)]
struct Visit {
    token: String,
    ticket: String,
}

/// What one shopper did.
#[derive(Debug, Default)]
pub(crate) struct Bought {
    /// From tap to confirmation, of each order.
    pub took: Vec<Duration>,
    /// Messages heard over the socket meanwhile.
    pub heard: u64,
}

/// Visits `show` on `server` and buys.
pub(crate) async fn shop(
    http: &Client,
    server: &str,
    show: &str,
    plan: &Shoppers,
) -> Result<Bought> {
    let visit: Visit = call(
        http.post(format!("{server}/api/shows/{show}/visit"))
            .json(&serde_json::json!({ "name": "load" })),
    )
    .await
    .context("visit")?;
    let (mut socket, state) = join(server, visit.ticket).await.context("join")?;
    let product = choose(&state)?;
    let buying = async {
        let mut took = Vec::new();
        for _ in 0..plan.orders_each {
            took.push(buy(http, server, show, &visit.token, &product).await?);
            tokio::time::sleep(Duration::from_millis(plan.pause_ms)).await;
        }
        anyhow::Ok(took)
    };
    tokio::pin!(buying);
    let mut bought = Bought::default();
    loop {
        tokio::select! {
            took = &mut buying => {
                bought.took = took?;
                socket.close(None).await.ok();
                return Ok(bought);
            }
            message = socket.next() => match message {
                Some(message) => {
                    message.context("the socket broke")?;
                    bought.heard += 1;
                }
                None => bail!("the server closed the socket"),
            },
        }
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn join(server: &str, ticket: String) -> Result<(Socket, ShowState)> {
    // http → ws, https → wss.
    let url = format!(
        "ws{}/ws",
        server.strip_prefix("http").context("server is not http")?
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    let join = ClientMessage::Join {
        protocol: PROTOCOL_VERSION,
        ticket,
        offer: None,
        resume: None,
        captions: None,
        name: Some("load".into()),
    };
    socket
        .send(Message::text(serde_json::to_string(&join)?))
        .await?;
    let answer = async {
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else {
                continue;
            };
            match serde_json::from_str(&text)? {
                ServerMessage::Joined {
                    state: JoinState::Snapshot { show, .. },
                    ..
                } => {
                    return Ok(*show);
                }
                ServerMessage::Refused { code, message, .. } => bail!("{code}: {message}"),
                _ => {}
            }
        }
        bail!("the server closed the socket")
    };
    let show = tokio::time::timeout(JOIN, answer)
        .await
        .context("no `joined`")??;
    Ok((socket, show))
}

/// What is pinned, else the first that can be bought.
fn choose(show: &ShowState) -> Result<String> {
    if let Some(pin) = show.pins.first() {
        return Ok(pin.product.clone());
    }
    let shelf = show.products.iter().find(|product| product.available > 0);
    Ok(shelf
        .context("nothing on the shelf can be bought")?
        .id
        .clone())
}

async fn buy(
    http: &Client,
    server: &str,
    show: &str,
    token: &str,
    product: &str,
) -> Result<Duration> {
    let quote = format!("{server}/api/shows/{show}/quotes/{product}");
    let quote: QuoteView = call(http.get(quote).bearer_auth(token))
        .await
        .context("quote")?;
    let tap = now();
    let order: OrderView = call(
        http.post(format!("{server}/api/shows/{show}/orders"))
            .bearer_auth(token)
            .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
            .json(&ReserveBody {
                quote: quote.quote,
                quantity: 1,
            }),
    )
    .await
    .context("order")?;
    let body = ConfirmBody {
        name: "Load".into(),
        contact: "load@example.org".into(),
        address: None,
    };
    let confirm = format!("{server}/api/orders/{}/confirm", order.id);
    let _: OrderView = call(http.post(confirm).bearer_auth(token).json(&body))
        .await
        .context("confirm")?;
    Ok(now() - tap)
}

async fn call<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.text().await?;
    ensure!(
        matches!(status, StatusCode::OK | StatusCode::CREATED),
        "{url}: {status}: {body}"
    );
    serde_json::from_str(&body).with_context(|| format!("{url} answered {body}"))
}
