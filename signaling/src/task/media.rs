//! From the media plane to the rooms: tracks that come and go, sessions that end, and the copy
//! of the sound for captions. From the caption engine to the rooms: lines and gaps.

use media::{Event, Kind, Media, RoomId, SessionId, Source, TapPacket, TrackId, TrackInfo};
use tokio::sync::mpsc;
use translate::{Caption, CaptionKind, Language, Output, SpeechPacket};

use super::hub::Hub;
use super::room::{Ports, RoomHandle};
use super::sessions::{Door, HttpSession, Sessions};
use super::speech::{Speaker, speaker_id};
use crate::auth::random_id;
use crate::clock::now_ms;
use crate::limits::TAP_QUEUE_MAX;
use crate::protocol::client::SourceKind;
use crate::protocol::server::{CaptionView, LayerWish, TrackKind, TrackView};
use crate::room::Input;

/// What media carries for us: whose track it is and what it shows.
#[must_use]
pub fn owner(participant: &str, source: SourceKind) -> String {
    let source = match source {
        SourceKind::Camera => "camera",
        SourceKind::Screen => "screen",
    };
    format!("{participant}/{source}")
}

fn owner_of(text: &str) -> Option<(&str, SourceKind)> {
    let (participant, source) = text.rsplit_once('/')?;
    match source {
        "camera" => Some((participant, SourceKind::Camera)),
        "screen" => Some((participant, SourceKind::Screen)),
        _ => None,
    }
}

/// A track's id as pages see it.
#[must_use]
pub fn track_name(id: TrackId) -> String {
    format!("t{}", id.0)
}

/// The track behind a page's id.
#[must_use]
pub fn track_of(name: &str) -> Option<TrackId> {
    name.strip_prefix('t')?.parse().ok().map(TrackId)
}

/// As rooms name it.
#[must_use]
pub fn kind_of(kind: Kind) -> TrackKind {
    match kind {
        Kind::Audio => TrackKind::Audio,
        Kind::Video => TrackKind::Video,
    }
}

/// Carries the media plane's events to the rooms until it stops.
pub async fn carry_events(mut events: mpsc::Receiver<Event>, hub: Hub, ports: Ports) {
    let tap = ports.speech.engine().map(|_| start_tap(&ports));
    while let Some(event) = events.recv().await {
        match event {
            Event::Connected { room, session } => {
                tracing::debug!(room = room.0, session = session.0, "media connected");
            }
            Event::TrackAdded { room, track } => {
                track_added(&hub, &ports, tap.as_ref(), &room, &track).await;
            }
            Event::TrackRemoved { room, track } => {
                ports.speech.track_removed(track, now_ms());
                if let Some(handle) = hub.get(&room.0) {
                    handle.tell(Input::TrackRemoved(track_name(track))).await;
                }
            }
            Event::LayersWanted {
                room,
                source,
                wanted,
                ..
            } => layers_wanted(&hub, &room, &source, wanted).await,
            Event::Layers {
                room,
                track,
                layers,
            } => {
                tracing::debug!(room = room.0, %track, ?layers, "layers");
                if let Some(handle) = hub.get(&room.0) {
                    handle.layers_changed();
                }
            }
            // A page hears of it when its slot is pointed at the track.
            Event::Undecodable {
                room,
                session,
                track,
                codec,
            } => {
                tracing::info!(room = room.0, session = session.0, %track, codec, "no common codec")
            }
            Event::Closed {
                room,
                session,
                reason,
            } => {
                tracing::debug!(room = room.0, session = session.0, ?reason, "media closed");
                closed(&hub, &ports, session).await;
            }
        }
    }
}

/// Tells a publishing page which of its layers are wanted. A WHIP publisher cannot be told.
async fn layers_wanted(hub: &Hub, room: &RoomId, source: &Source, wanted: Vec<(String, bool)>) {
    let (Some(handle), Some((participant, source))) = (hub.get(&room.0), owner_of(&source.owner))
    else {
        return;
    };
    let wishes = wanted.into_iter();
    let layers = wishes
        .map(|(rid, wanted)| LayerWish { rid, wanted })
        .collect();
    let input = Input::LayersWanted(participant.to_owned(), source, layers);
    handle.tell(input).await;
}

async fn track_added(
    hub: &Hub,
    ports: &Ports,
    tap: Option<&mpsc::Sender<TapPacket>>,
    room: &RoomId,
    track: &TrackInfo,
) {
    let Some(handle) = hub.get(&room.0) else {
        return;
    };
    let Some((participant, source)) = owner_of(&track.source.owner) else {
        return;
    };
    let view = TrackView {
        id: track_name(track.id),
        kind: kind_of(track.kind),
        participant: participant.to_owned(),
        source,
    };
    if let Ok(Err(refusal)) = handle.ask(Input::TrackAdded(view)).await {
        tracing::warn!(show = room.0, track = %track.id, %refusal, "track not shown");
        let (media, session) = (ports.media.clone(), track.session);
        aside(async move { media.close(session).await });
        return;
    }
    tracing::info!(show = room.0, track = %track.id, kind = ?track.kind, "on air");
    if let (Kind::Audio, Some(tap)) = (track.kind, tap) {
        ports.speech.track_added(&room.0, participant, track.id);
        let (media, room, tap) = (ports.media.clone(), room.clone(), tap.clone());
        aside(async move { media.tap(&room, tap).await });
    }
}

/// Does something with media without waiting for it: a worker that waits for its events to be
/// taken answers nobody, so who takes them may not wait for a worker.
pub(super) fn aside(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

/// Whether a session that was just put into the table is still there; if not, the room hears that
/// it left.
pub async fn stands(media: &Media, hub: &Hub, sessions: &Sessions, key: &str) -> bool {
    if let Some(session) = take_ended(media, sessions, key).await {
        left(hub, &session).await;
    }
    sessions.media_id(key).is_some()
}

/// Takes a session out of the table that ended before it was in it, so that its end did not find
/// it. One that media, asked afterwards, still has will be found.
async fn take_ended(media: &Media, sessions: &Sessions, key: &str) -> Option<HttpSession> {
    match media.slots(sessions.media_id(key)?).await {
        Ok(_) => None,
        Err(_) => sessions.take(key),
    }
}

/// A session ended by itself: its URL is gone, and the room hears of it.
async fn closed(hub: &Hub, ports: &Ports, session: SessionId) {
    if let Some(http) = ports.sessions.take_id(session) {
        left(hub, &http).await;
    }
}

/// Tells the room that a WHIP or WHEP session is over.
pub async fn left(hub: &Hub, session: &HttpSession) {
    let Some(room) = hub.get(&session.show) else {
        return;
    };
    let input = match session.door {
        Door::Whip => Input::PublisherLeft(session.participant.clone()),
        Door::Whep => Input::WatcherLeft,
        // A page's own task tells the room about the page.
        Door::Page => return,
    };
    room.tell(input).await;
}

/// From the tap to the engine. Packets of tracks that no room shows are dropped by the engine:
/// it only knows speakers that were opened.
fn start_tap(ports: &Ports) -> mpsc::Sender<TapPacket> {
    let (tap, mut packets) = mpsc::channel::<TapPacket>(TAP_QUEUE_MAX);
    let speech = ports.speech.clone();
    tokio::spawn(async move {
        let Some(engine) = speech.engine() else {
            return;
        };
        while let Some(packet) = packets.recv().await {
            let TapPacket {
                track,
                seq,
                rtp_ts,
                arrival_ms,
                payload,
                ..
            } = packet;
            engine.push(
                speaker_id(track),
                SpeechPacket {
                    seq,
                    rtp_ts,
                    arrival_ms,
                    payload,
                },
            );
        }
    });
    tap
}

/// Carries what the caption engine says to the rooms until it stops.
pub async fn carry_captions(mut outputs: mpsc::Receiver<Output>, hub: Hub, ports: Ports) {
    // The engine counts its lines from one at every start; a show's transcript has those of all.
    let run = random_id();
    while let Some(output) = outputs.recv().await {
        let id = match &output {
            Output::Caption { speaker, .. }
            | Output::Spoken { speaker, .. }
            | Output::Gap { speaker, .. } => *speaker,
        };
        let Some(speaker) = ports.speech.speaker(id) else {
            continue;
        };
        let Some(room) = hub.get(&speaker.show) else {
            continue;
        };
        match output {
            Output::Caption {
                spoken, caption, ..
            } => {
                caption_to(&room, &run, speaker, &spoken, caption).await;
            }
            Output::Spoken { language, .. } => {
                ports.speech.found(id, language.clone());
                room.tell(Input::Spoken(speaker.participant, language.0))
                    .await;
                room.tell(ports.speech.menu(&speaker.show)).await;
            }
            Output::Gap {
                start_ms, end_ms, ..
            } => {
                metrics::counter!("vitrine_caption_gaps_total").increment(1);
                let participant = speaker.participant;
                room.tell(Input::Gap {
                    participant,
                    start_ms,
                    end_ms,
                })
                .await;
            }
        }
    }
}

async fn caption_to(
    room: &RoomHandle,
    run: &str,
    speaker: Speaker,
    spoken: &Language,
    caption: Caption,
) {
    let kind = caption.kind;
    let view = CaptionView {
        id: format!("{run}-{}", caption.id.0),
        participant: speaker.participant,
        language: caption.language.0,
        spoken: spoken.0.clone(),
        text: caption.text,
        stable: u32::try_from(caption.stable).unwrap_or(u32::MAX),
        kept: caption.kept,
        start_ms: caption.start_ms,
        end_ms: caption.end_ms,
        cues: Vec::new(),
    };
    match kind {
        CaptionKind::Partial => room.tell(Input::Partial(view)).await,
        CaptionKind::Final => room.tell(Input::Final(view)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two encoders race with one token: the first is over before it is in the table.
    #[tokio::test]
    async fn a_session_that_ends_while_it_begins_leaves_nothing_behind() {
        let config = media::MediaConfig {
            bind: std::net::Ipv4Addr::LOCALHOST.into(),
            port: 0,
            tcp_port: None,
            workers: 1,
            public_addresses: Vec::new(),
        };
        let (media, _events) = Media::start(config).expect("loopback");
        let (room, sessions) = (RoomId("lamp".into()), Sessions::default());
        let publish = async || {
            let source = Source {
                owner: "a/camera".into(),
            };
            let begun = media
                .publish(&room, source, crate::app::tests::OFFER.into())
                .await;
            HttpSession {
                door: Door::Whip,
                show: "lamp".into(),
                participant: "a".into(),
                id: begun.expect("an offer").id,
            }
        };
        let (first, second) = (publish().await, publish().await);
        let late = sessions.add(first.clone()).key;
        let key = sessions.add(second).key;
        assert_eq!(take_ended(&media, &sessions, &late).await, Some(first));
        assert_eq!(sessions.media_id(&late), None);
        assert_eq!(take_ended(&media, &sessions, &key).await, None);
        assert!(sessions.media_id(&key).is_some(), "this one goes on");
        media.shutdown().await;
    }

    #[test]
    fn owners_and_tracks_survive_the_round_trip() {
        for source in [SourceKind::Camera, SourceKind::Screen] {
            assert_eq!(owner_of(&owner("a/b_c-", source)), Some(("a/b_c-", source)));
        }
        assert_eq!(owner_of("someone"), None);
        assert_eq!(track_of(&track_name(TrackId(7))), Some(TrackId(7)));
        assert_eq!(track_of("7"), None);
    }
}
