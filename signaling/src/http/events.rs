//! Server-sent events for a WHEP session: `POST …/sse` makes a stream, `GET` reads it, `DELETE`
//! ends it. A reader that is too slow is let go; coming back it is told how things are, so that
//! nothing has to be kept for it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use media::{Media, SessionId};
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::Interval;

use super::error::Problem;
use super::extract::{body, require_content_type};
use super::layer;
use super::session::find;
use super::shows::room;
use super::{AppState, Stopping};
use crate::limits::{EVENT_KEEPALIVE, EVENT_TICK, LANGUAGES_WANTED_MAX, STREAM_INTEREST_MS};
use crate::protocol::events::{
    ACTIVE, ANNOUNCED, INACTIVE, LAYERS, RECONNECT, VIEWERCOUNT, Wanted,
};
use crate::protocol::server::{Entry, RoomEvent, TrackView};
use crate::room::{Input, is_language_tag};
use crate::task::room::{RoomHandle, View};
use crate::task::sessions::Reading;

/// How often the layers are looked at after something changed: the worker that has the player
/// may hear of it after us.
const LOOKS: u8 = 2;

/// The extension's `Link` for a session.
#[must_use]
pub fn link(session: &str) -> String {
    let events = ANNOUNCED.join(",");
    format!(
        "<{session}/sse>; rel=\"urn:ietf:params:whep:ext:core:server-sent-events\"; \
         events=\"{events}\""
    )
}

/// `POST`: a stream of the events named in a JSON array, or of all.
///
/// # Errors
/// 404, 415, 400 or 422 for the list, 503 when the session has enough streams.
pub async fn create(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    find(&state, &uri, (&show, &key))?;
    let is_typed = request.headers().contains_key(header::CONTENT_TYPE);
    if is_typed {
        require_content_type(request.headers(), "application/json")?;
    }
    let bytes = body(request, &state).await?;
    let wanted = if bytes.is_empty() {
        Wanted::default()
    } else {
        wanted(&bytes)?
    };
    let stream = state.sessions.add_stream(&key, wanted).ok_or_else(|| {
        Problem::unavailable("streams_full", "this session has enough event streams", 5)
            .hint("DELETE one of them, or read it again")
    })?;
    let location = format!("/whep/{show}/{key}/sse/{stream}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)]).into_response())
}

fn wanted(bytes: &[u8]) -> Result<Wanted, Problem> {
    let list: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error.to_string())
    })?;
    let invalid = |what: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", what);
    let list: Vec<String> = serde_json::from_value(list)
        .map_err(|_| invalid("a JSON array of event names is needed"))?;
    let wanted = Wanted::of(list.iter().map(String::as_str));
    if wanted.languages.len() > LANGUAGES_WANTED_MAX {
        return Err(invalid("too many caption languages"));
    }
    if !wanted.languages.iter().all(|tag| is_language_tag(tag)) {
        return Err(invalid("not a BCP 47 language tag"));
    }
    Ok(wanted)
}

/// `DELETE`: the stream ends.
///
/// # Errors
/// 404 when it is not there.
pub async fn end(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key, stream)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    find(&state, &uri, (&show, &key))?;
    if state.sessions.end_stream(&key, &stream) {
        Ok(StatusCode::OK)
    } else {
        Err(no_stream())
    }
}

/// `GET`: the events, from how things are now on.
///
/// # Errors
/// 404 when it is not there.
pub async fn read(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key, stream)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (session, _) = find(&state, &uri, (&show, &key))?;
    let room = room(&state, &show)?;
    let reading = state.sessions.read_stream(&key, &stream);
    let reading = reading.ok_or_else(no_stream)?;
    let events = Reader::new(&state, room, session.id, reading).stream();
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        // nginx would hold events back to fill a buffer.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(EVENT_KEEPALIVE));
    Ok((headers, events).into_response())
}

fn no_stream() -> Problem {
    Problem::not_found("this event stream is over or never was")
}

/// One reader of a stream.
struct Reader {
    wanted: Wanted,
    turn: watch::Receiver<u64>,
    media: Media,
    session: SessionId,
    room: RoomHandle,
    view: watch::Receiver<Arc<View>>,
    entries: broadcast::Receiver<Arc<Entry>>,
    /// Some picture's layers changed.
    layers: watch::Receiver<()>,
    tick: Interval,
    stopping: Stopping,
    /// Translated, not yet sent: a tick's worth.
    ready: VecDeque<(&'static str, Value)>,
    /// On air, as was last told.
    tracks: Vec<TrackView>,
    viewers: Option<u32>,
    /// How often still to look at the layers, once a tick.
    looks: u8,
    /// Shape of the layers told last.
    shape: Value,
    is_over: bool,
}

impl Reader {
    fn new(state: &AppState, room: RoomHandle, session: SessionId, reading: Reading) -> Reader {
        let Reading { wanted, turn } = reading;
        // Entries first: what happens between the two is told twice rather than not at all.
        let (entries, mut view) = (room.entries(), room.watch());
        let pins = view.borrow_and_update().pins.clone();
        let pins = pins.into_iter().map(RoomEvent::Pinned);
        let ready = pins.filter_map(|pin| wanted.event(&pin)).collect();
        let mut reader = Reader {
            wanted,
            turn,
            media: state.media.clone(),
            session,
            layers: room.watch_layers(),
            room,
            view,
            entries,
            tick: tokio::time::interval(EVENT_TICK),
            stopping: state.stopping.clone(),
            ready,
            tracks: Vec::new(),
            viewers: None,
            looks: LOOKS,
            shape: json!({}),
            is_over: false,
        };
        reader.look();
        reader
    }

    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut reader| async move {
            let (name, data) = reader.next().await?;
            // JSON has no line ends outside of strings, where they are escaped: one data line.
            let event = Event::default().event(name).data(data.to_string());
            Some((Ok(event), reader))
        })
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<(&'static str, Value)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            tokio::select! {
                // Another reader came, or stream or session ended.
                _ = self.turn.changed() => return None,
                changed = self.view.changed() => match changed {
                    Ok(()) => self.look(),
                    Err(_) => return None,
                },
                entry = self.entries.recv() => match entry {
                    Ok(entry) => self.ready.extend(self.wanted.event(&entry.event)),
                    // Too slow, or the show is closing.
                    Err(_) => return None,
                },
                // The room that we hold keeps the other end.
                _ = self.layers.changed() => self.looks = LOOKS,
                _ = self.tick.tick() => self.tick().await,
            }
        }
    }

    /// Tells whether there is something to see.
    fn look(&mut self) {
        let was_active = !self.tracks.is_empty();
        {
            let view = self.view.borrow_and_update();
            if view.tracks == self.tracks {
                return;
            }
            self.tracks.clone_from(&view.tracks);
        }
        self.looks = LOOKS;
        match (was_active, !self.tracks.is_empty()) {
            (false, true) => self.tell(ACTIVE, json!({})),
            (true, false) => self.tell(INACTIVE, json!({})),
            _ => {}
        }
    }

    /// Tells of layers that came, went or changed their size.
    async fn look_at_layers(&mut self) {
        // An error means that the session is over, and this stream with it.
        let Ok(slots) = self.media.layers(self.session).await else {
            return;
        };
        self.looks = layer::looks_left(self.looks, &slots);
        let shape = layer::shape(&slots);
        if shape != self.shape {
            self.shape = shape;
            self.tell(LAYERS, layer::told(&slots));
        }
    }

    /// What need not be told at once.
    async fn tick(&mut self) {
        let viewers = self.room.view().viewers;
        if self.viewers.replace(viewers) != Some(viewers) {
            self.tell(VIEWERCOUNT, json!({ "viewercount": viewers }));
        }
        for language in self.wanted.reads() {
            let reads = Input::Reads(language.to_owned(), STREAM_INTEREST_MS);
            self.room.tell(reads).await;
        }
        if self.looks > 0 && self.wanted.has(LAYERS) {
            self.look_at_layers().await;
        }
        if self.stopping.is_on() {
            self.tell(RECONNECT, json!({}));
            self.is_over = true;
        }
    }

    fn tell(&mut self, name: &'static str, data: Value) {
        if self.wanted.has(name) {
            self.ready.push_back((name, data));
        }
    }
}
