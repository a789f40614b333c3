//! A page without a browser: joins over the WebSocket and speaks the protocol's own types.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Client;
use serde_json::Value;
use signaling::protocol::PROTOCOL_VERSION;
use signaling::protocol::client::{ClientMessage, Resume};
use signaling::protocol::server::{
    Entry, JoinState, Participant, RoomEvent, ServerMessage, ShowState,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long an expected message may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A raw socket, for messages that no page would send.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens `/ws` of a server.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open(url: &str) -> anyhow::Result<Socket> {
        Socket::open_from(url, &[]).await
    }

    /// The same with headers that a browser or a proxy adds.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open_from(
        url: &str,
        headers: &[(&'static str, &'static str)],
    ) -> anyhow::Result<Socket> {
        let url = format!("{}/ws", url.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            let value = HeaderValue::from_static(value);
            request.headers_mut().insert(*name, value);
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Socket(stream))
    }

    /// Sends any text.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send(&mut self, text: impl Into<String>) -> anyhow::Result<()> {
        self.0.send(Message::text(text.into())).await?;
        Ok(())
    }

    /// The next message; none when the server has closed.
    ///
    /// # Errors
    /// When nothing comes in time, or something else than the protocol.
    pub async fn next(&mut self) -> anyhow::Result<Option<ServerMessage>> {
        let next = async {
            while let Some(Ok(message)) = self.0.next().await {
                match message {
                    Message::Text(text) => return Ok(Some(serde_json::from_str(&text)?)),
                    Message::Close(_) => return Ok(None),
                    _ => {}
                }
            }
            Ok(None)
        };
        tokio::time::timeout(PATIENCE, next)
            .await
            .context("no message in time")?
    }

    /// Hangs up as a page does.
    ///
    /// # Errors
    /// When the socket is closed already.
    pub async fn close(mut self) -> anyhow::Result<()> {
        self.0.close(None).await?;
        Ok(())
    }
}

/// A page that has joined.
pub struct Page {
    /// Its socket.
    pub socket: Socket,
    /// Who it is.
    pub you: Participant,
    /// The show as the page knows it: snapshot plus entries.
    pub show: Option<ShowState>,
    /// Where it could resume.
    pub resume: Resume,
    /// Whether the join brought entries instead of a snapshot.
    pub was_resumed: bool,
    requests: u32,
}

/// A ticket for a token.
///
/// # Errors
/// When the server refuses.
pub async fn ticket(url: &str, token: &str) -> anyhow::Result<String> {
    let request = Client::new()
        .post(format!("{url}/api/v1/tickets"))
        .bearer_auth(token);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["ticket"].as_str().context("a ticket")?.to_owned())
}

impl Page {
    /// Joins with a token, where a page left off or anew.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn join(
        url: &str,
        token: &str,
        resume: Option<Resume>,
        known: Option<ShowState>,
    ) -> anyhow::Result<Page> {
        let socket = Socket::open(url).await?;
        Page::enter(socket, url, token, resume, known).await
    }

    /// Joins anew as a browser from somewhere.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn join_from(
        url: &str,
        token: &str,
        headers: &[(&'static str, &'static str)],
    ) -> anyhow::Result<Page> {
        let socket = Socket::open_from(url, headers).await?;
        Page::enter(socket, url, token, None, None).await
    }

    async fn enter(
        mut socket: Socket,
        url: &str,
        token: &str,
        resume: Option<Resume>,
        known: Option<ShowState>,
    ) -> anyhow::Result<Page> {
        let join = ClientMessage::Join {
            protocol: PROTOCOL_VERSION,
            ticket: ticket(url, token).await?,
            offer: None,
            resume: resume.clone(),
            captions: None,
            name: None,
        };
        socket.send(serde_json::to_string(&join)?).await?;
        let joined = socket.next().await?;
        let Some(ServerMessage::Joined {
            you, epoch, state, ..
        }) = joined
        else {
            anyhow::bail!("not joined but {joined:?}");
        };
        let mut page = Page {
            socket,
            you,
            show: known,
            resume: Resume {
                epoch,
                last_seq: resume.map_or(0, |resume| resume.last_seq),
            },
            was_resumed: matches!(state, JoinState::Entries { .. }),
            requests: 0,
        };
        match state {
            JoinState::Snapshot { seq, show } => {
                page.resume.last_seq = seq;
                page.show = Some(*show);
            }
            JoinState::Entries { entries } => {
                for entry in &entries {
                    page.apply(entry)?;
                }
            }
        }
        Ok(page)
    }

    /// The show as known.
    ///
    /// # Panics
    /// When the page resumed without having known the show.
    #[must_use]
    pub fn show(&self) -> &ShowState {
        self.show.as_ref().expect("the page has seen a snapshot")
    }

    fn apply(&mut self, entry: &Entry) -> anyhow::Result<()> {
        anyhow::ensure!(
            entry.seq == self.resume.last_seq + 1,
            "a hole before {}",
            entry.seq
        );
        self.resume.last_seq = entry.seq;
        if let Some(show) = &mut self.show {
            signaling::room::state::apply(show, &entry.event);
        }
        Ok(())
    }

    /// The next message, applied when it is an entry.
    ///
    /// # Errors
    /// When the socket ends or nothing comes in time.
    pub async fn next(&mut self) -> anyhow::Result<ServerMessage> {
        let message = self.socket.next().await?.context("the server closed")?;
        if let ServerMessage::Entry(entry) = &message {
            self.apply(entry)?;
        }
        Ok(message)
    }

    /// Waits for an event of the log.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn until(&mut self, wanted: impl Fn(&RoomEvent) -> bool) -> anyhow::Result<Entry> {
        loop {
            if let ServerMessage::Entry(entry) = self.next().await?
                && wanted(&entry.event)
            {
                return Ok(entry);
            }
        }
    }

    /// Makes a request (built from its number) and waits for `done`, or the refusal's code.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn ask(
        &mut self,
        request: impl FnOnce(u32) -> ClientMessage,
    ) -> anyhow::Result<Result<(), String>> {
        match self.answer(request).await? {
            ServerMessage::Refused { code, .. } => Ok(Err(code)),
            _ => Ok(Ok(())),
        }
    }

    /// The same with the whole answer.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn answer(
        &mut self,
        request: impl FnOnce(u32) -> ClientMessage,
    ) -> anyhow::Result<ServerMessage> {
        self.requests += 1;
        let wanted = self.requests;
        let request = serde_json::to_string(&request(wanted))?;
        self.socket.send(request).await?;
        loop {
            let message = self.next().await?;
            match &message {
                ServerMessage::Done { request }
                | ServerMessage::Translated { request, .. }
                | ServerMessage::Refused {
                    request: Some(request),
                    ..
                } if *request == wanted => return Ok(message),
                _ => {}
            }
        }
    }
}
