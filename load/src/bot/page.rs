//! A page's way in: visit, ticket, WebSocket, one `join` with or without an offer,
//! with or without subtitles.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use signaling::protocol::client::ClientMessage;
use signaling::protocol::server::{JoinState, ServerMessage, ShowState};
use signaling::protocol::{API, PROTOCOL_VERSION};
use tokio_tungstenite::tungstenite::Message;

use crate::bot::viewer::{Swarm, Visitor};

/// Longest wait for `joined`.
const JOIN: Duration = Duration::from_secs(10);

/// A page's WebSocket.
pub(crate) type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// What `POST /api/v1/shows/{show}/visit` gives.
#[derive(Deserialize)]
pub(crate) struct Visit {
    /// For HTTP.
    pub token: String,
    /// For the WebSocket, once.
    pub ticket: String,
}

/// What `joined` says.
pub(crate) struct Joined {
    /// SDP answer to the offer.
    pub answer: Option<String>,
    /// The show.
    pub show: ShowState,
    /// The server's clock then, Unix ms.
    pub server_ms: u64,
}

/// Visits a show as a stranger does.
pub(crate) async fn visit(http: &Client, server: &str, show: &str) -> Result<Visit> {
    let url = format!("{server}{API}/shows/{show}/visit");
    let body = serde_json::json!({ "name": "load" });
    call(http.post(url).json(&body)).await.context("visit")
}

/// Joins over the WebSocket.
pub(crate) async fn join(
    server: &str,
    ticket: String,
    offer: Option<String>,
    captions: Option<String>,
) -> Result<(Socket, Joined)> {
    // http → ws, https → wss.
    let url = server.strip_prefix("http").context("server is not http")?;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws{url}/ws")).await?;
    let join = ClientMessage::Join {
        protocol: PROTOCOL_VERSION,
        ticket,
        offer,
        resume: None,
        captions,
        name: Some("load".into()),
    };
    let join = serde_json::to_string(&join)?;
    socket.send(Message::text(join)).await?;
    let answer = async {
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else {
                continue;
            };
            match serde_json::from_str(&text)? {
                ServerMessage::Joined {
                    answer,
                    server_ms,
                    state: JoinState::Snapshot { show, .. },
                    ..
                } => {
                    return Ok(Joined {
                        answer,
                        show: *show,
                        server_ms,
                    });
                }
                ServerMessage::Refused { code, message, .. } => bail!("{code}: {message}"),
                _ => {}
            }
        }
        bail!("the server closed the socket")
    };
    let joined = tokio::time::timeout(JOIN, answer)
        .await
        .context("no `joined`")??;
    Ok((socket, joined))
}

/// A page that watches: its media goes to the swarm, its socket to the caller, who keeps it open.
pub(crate) async fn watch(
    http: &Client,
    server: &str,
    show: &str,
    swarm: &Swarm,
) -> Result<Socket> {
    let (visitor, offer) = Visitor::new(server, swarm.manner())?;
    let visit = visit(http, server, show).await?;
    let (socket, joined) = join(server, visit.ticket, Some(offer), None).await?;
    let answer = joined
        .answer
        .context("`joined` has no answer to the offer")?;
    swarm.take(visitor.answered(answer)?)?;
    Ok(socket)
}

/// Sends a request and reads the JSON answer of a success.
pub(crate) async fn call<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.text().await?;
    ensure!(
        matches!(status, StatusCode::OK | StatusCode::CREATED),
        "{url}: {status}: {body}"
    );
    serde_json::from_str(&body).with_context(|| format!("{url} answered {body}"))
}
