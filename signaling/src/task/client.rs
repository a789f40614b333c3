//! One page on its WebSocket: join, then requests in and entries out, until one side is done.
//! Media is asked here, the show in its room; what the page may do is decided there.

mod media;
mod refused;
mod requests;
mod translation;
mod writer;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::media::{RoomId, SessionId, TrackId};
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitStream;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::watch;

use super::outbox::{Goodbye, Outbox, OutboxReader, encode, outbox};
use super::room::{RoomHandle, View};
use super::slots::Slot;
use crate::analytics::Measure;
use crate::auth::Grant;
use crate::clock::now_ms;
use crate::http::AppState;
use crate::limits::{
    BYE_TIMEOUT, CHAT_TRANSLATIONS_BURST, CHAT_TRANSLATIONS_REFILL_MS, NAME_CHARS_MAX,
    WS_JOIN_TIMEOUT, WS_SILENCE_MAX,
};
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::client::{ClientMessage, Resume, Role, SourceKind};
use crate::protocol::server::{JoinState, ServerMessage, SlotView};
use crate::room::{Bucket, Input, PeerId, Seat};
use refused::Refused;

/// Where a page comes from, as far as that is counted.
#[derive(Debug)]
pub struct Origin {
    /// ISO 3166-1 alpha-2, or `unknown`.
    pub country: String,
    /// Language of the browser, or `unknown`.
    pub language: String,
}

/// What `join` said.
struct Join {
    ticket: String,
    offer: Option<String>,
    resume: Option<Resume>,
    captions: Option<String>,
    name: Option<String>,
}

/// Serves one socket to its end.
pub async fn serve(mut socket: WebSocket, state: AppState, origin: Origin) {
    metrics::gauge!("vitrine_ws_connections").increment(1.0);
    let entered = match tokio::time::timeout(WS_JOIN_TIMEOUT, first_message(&mut socket)).await {
        Ok(Ok(Some(join))) => enter(&state, join, &origin).await,
        Ok(Ok(None)) => return gone(),
        Ok(Err(refused)) => Err(refused),
        Err(_) => Err(Refused::new("join_timeout", "no `join` came in time")),
    };
    match entered {
        Ok((client, joined, reader)) => client.run(socket, &joined, reader).await,
        Err(refused) => {
            // A server on its way out is no refusal: the page should come back.
            let last = if refused.is_stopping() {
                Goodbye::Shutdown.message()
            } else {
                refused.message(None)
            };
            let text = encode(&last);
            // The page may be gone already.
            let _ = socket.send(Message::Text(text)).await;
            let _ = socket.send(Message::Close(None)).await;
        }
    }
    gone();
}

fn gone() {
    metrics::gauge!("vitrine_ws_connections").decrement(1.0);
}

/// The first text message, which must be `join`. None: the page left.
async fn first_message(socket: &mut WebSocket) -> Result<Option<Join>, Refused> {
    while let Some(Ok(message)) = socket.recv().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Binary(_) => return Err(Refused::new("not_text", "messages are JSON text")),
            Message::Close(_) => return Ok(None),
        };
        let message = serde_json::from_str(&text)
            .map_err(|error| Refused::new("malformed_message", error.to_string()))?;
        let ClientMessage::Join {
            protocol,
            ticket,
            offer,
            resume,
            captions,
            name,
        } = message
        else {
            return Err(Refused::new(
                "not_joined",
                "the first message must be `join`",
            ));
        };
        if protocol != PROTOCOL_VERSION {
            let message = format!("this server speaks protocol {PROTOCOL_VERSION}, not {protocol}");
            return Err(Refused::new("unsupported_protocol", message).hint("reload the page"));
        }
        return Ok(Some(Join {
            ticket,
            offer,
            resume,
            captions,
            name,
        }));
    }
    Ok(None)
}

async fn enter(
    state: &AppState,
    join: Join,
    origin: &Origin,
) -> Result<(Client, ServerMessage, OutboxReader), Refused> {
    if state.stopping.is_on() {
        return Err(Refused::new("stopping", "the server is stopping").hint("connect again"));
    }
    let grant = state
        .auth
        .tickets()
        .redeem(&join.ticket, now_ms())
        .map_err(|error| {
            Refused::new("invalid_ticket", error.to_string()).hint("get a new ticket")
        })?;
    let room = state.hub.get(&grant.show);
    let room = room.ok_or_else(|| Refused::new("unknown_show", "this show does not exist"))?;
    let seat = seat_of(&grant, join.name);
    let (outbox, reader) = outbox(seat.role);
    let mut client = Client::new(state.clone(), &grant, room.clone(), outbox.clone());
    let answer = match join.offer {
        Some(offer) => Some(client.view(offer).await?),
        None => None,
    };
    let input = Input::Join {
        peer: client.peer,
        seat,
        resume: join.resume,
        captions: join.captions,
    };
    let welcome = match room.join(client.peer, input, outbox).await {
        Ok(Ok(welcome)) => welcome,
        refused => {
            client.close_media().await;
            refused??;
            unreachable!("a welcome was taken above");
        }
    };
    // Who resumes was counted before.
    let is_new = matches!(welcome.state, JoinState::Snapshot { .. });
    if is_new && !matches!(welcome.you.role, Role::Host | Role::Guide) {
        let count = |measure, item: &str| state.analytics.count(&client.show.0, measure, item, 1);
        count(Measure::Country, &origin.country);
        count(Measure::Language, &origin.language);
    }
    client.fill_slots().await;
    let joined = ServerMessage::Joined {
        protocol: PROTOCOL_VERSION,
        you: welcome.you,
        epoch: welcome.epoch,
        server_ms: now_ms(),
        answer,
        slots: client.slot_views(),
        state: welcome.state,
        viewers: welcome.viewers,
    };
    Ok((client, joined, reader))
}

/// The name of the grant counts before the one the page states; somebody without either is
/// called after the first letters of the id.
pub(crate) fn seat_of(grant: &Grant, name: Option<String>) -> Seat {
    let clean = |name: String| -> Option<String> {
        let name: String = name
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_CHARS_MAX)
            .collect();
        (!name.is_empty()).then_some(name)
    };
    let name = grant
        .name
        .clone()
        .and_then(clean)
        .or_else(|| name.and_then(clean));
    let name = name.unwrap_or_else(|| match grant.role {
        Role::Host => "Host".to_owned(),
        Role::Guide => "Guide".to_owned(),
        _ => format!(
            "Guest {}",
            grant.participant.chars().take(4).collect::<String>()
        ),
    });
    Seat {
        participant: grant.participant.clone(),
        name,
        role: grant.role,
    }
}

/// A page that has joined.
struct Client {
    state: AppState,
    peer: PeerId,
    show: RoomId,
    participant: String,
    room: RoomHandle,
    outbox: Outbox,
    /// The receiving media session.
    viewer: Option<SessionId>,
    slots: Vec<Slot>,
    /// Tracks that the page was told it cannot decode.
    undecodable: HashSet<TrackId>,
    /// Publishing media sessions.
    publishing: HashMap<SourceKind, SessionId>,
    /// Chat lines it may still have translated.
    translations: Bucket,
    changes: watch::Receiver<Arc<View>>,
}

/// How the page ended.
#[derive(PartialEq, Eq)]
enum End {
    /// It said so: what it published goes off air at once.
    Left,
    /// The network did: media goes on until it ends by itself, so that a reconnecting host is
    /// not cut.
    Lost,
}

impl Client {
    fn new(state: AppState, grant: &Grant, room: RoomHandle, outbox: Outbox) -> Client {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Client {
            state,
            peer: PeerId(NEXT.fetch_add(1, Ordering::Relaxed)),
            show: RoomId(grant.show.clone()),
            participant: grant.participant.clone(),
            changes: room.watch(),
            room,
            outbox,
            viewer: None,
            slots: Vec::new(),
            undecodable: HashSet::new(),
            publishing: HashMap::new(),
            translations: Bucket::new(
                now_ms(),
                CHAT_TRANSLATIONS_BURST,
                CHAT_TRANSLATIONS_REFILL_MS,
            ),
        }
    }

    #[tracing::instrument(name = "page", skip_all, fields(show = self.show.0, peer = self.peer.0))]
    async fn run(mut self, socket: WebSocket, joined: &ServerMessage, reader: OutboxReader) {
        let (mut sink, stream) = socket.split();
        let mut end = End::Lost;
        if sink.send(Message::Text(encode(joined))).await.is_ok() {
            let role = reader.role.clone();
            let writer = tokio::spawn(writer::run(sink, reader));
            end = self.read(stream, role, writer).await;
        }
        self.room.tell(Input::Leave(self.peer)).await;
        if let Some(viewer) = self.viewer.take() {
            self.state.media.close(viewer).await;
        }
        if end == End::Left {
            self.close_media().await;
        }
    }

    async fn read(
        &mut self,
        mut stream: SplitStream<WebSocket>,
        mut role: watch::Receiver<Role>,
        mut writer: tokio::task::JoinHandle<()>,
    ) -> End {
        loop {
            tokio::select! {
                message = tokio::time::timeout(WS_SILENCE_MAX, stream.next()) => {
                    match message {
                        Ok(Some(Ok(Message::Text(text)))) => {
                            if !self.message(&text).await {
                                return self.refuse_rest(writer).await;
                            }
                        }
                        Ok(Some(Ok(Message::Close(_)))) => return End::Left,
                        Ok(Some(Ok(Message::Binary(_)))) => {
                            let refused = Refused::new("not_text", "messages are JSON text");
                            self.send(refused.message(None));
                            return self.refuse_rest(writer).await;
                        }
                        Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                        Ok(Some(Err(_)) | None) | Err(_) => return End::Lost,
                    }
                }
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        return End::Lost;
                    }
                    if self.fill_slots().await {
                        self.send(ServerMessage::Slots { slots: self.slot_views() });
                    }
                }
                changed = role.changed() => {
                    // The sender lives in our own outbox.
                    let role = changed.map(|()| *role.borrow_and_update());
                    if matches!(role, Ok(Role::Viewer | Role::Moderator)) {
                        self.close_publishing().await;
                    }
                }
                _ = &mut writer => return End::Lost,
            }
        }
    }

    /// The last refusal is on its way; the writer ends when the outbox is gone.
    async fn refuse_rest(&mut self, writer: tokio::task::JoinHandle<()>) -> End {
        self.room.tell(Input::Leave(self.peer)).await;
        let (closed, _) = outbox(Role::Viewer);
        self.outbox = closed;
        let _ = tokio::time::timeout(BYE_TIMEOUT, writer).await;
        End::Left
    }

    fn send(&self, message: ServerMessage) {
        self.outbox.send(encode(&message));
    }

    fn slot_views(&self) -> Vec<SlotView> {
        self.slots.iter().map(Slot::view).collect()
    }
}
