//! A whole server in this process: how it stops, and what happens at the edges of its sessions.

use std::time::Duration;

use media::{RoomId, Source};

use super::*;
use crate::config::RawConfig;
use crate::protocol::client::{Phase as ShowPhase, Role, SourceKind};
use crate::protocol::server::{ShowInfo, ShowKind};
use crate::room::{Ask, Input, PeerId, Seat};
use crate::task::media::owner;
use crate::task::outbox::outbox;
use crate::task::sessions::{Door, HttpSession};

/// A microphone's offer.
pub(crate) const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:\
    3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n\
    a=rtpmap:111 opus/48000/2\r\na=ssrc:1111 cname:x\r\n";

async fn running(data: &tempfile::TempDir) -> Running {
    let raw = RawConfig {
        listen: "127.0.0.1:0".into(),
        data: Some(data.path().to_owned()),
        media_bind: "127.0.0.1".into(),
        workers: Some("1".into()),
        caption_threads: Some("0".into()),
        ..RawConfig::default()
    };
    let config = raw.check().expect("good settings");
    start(config).await.expect("started")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn lamp() -> ShowInfo {
    ShowInfo {
        starts_ms: None,
        name: "lamp".into(),
        title: "Lamps".into(),
        kind: ShowKind::Live,
        phase: ShowPhase::Scheduled,
        private: false,
        transcript: false,
        started_ms: None,
        cover: None,
    }
}

fn seat(participant: &str, role: Role) -> Seat {
    Seat {
        participant: participant.into(),
        name: participant.into(),
        role,
    }
}

#[tokio::test]
async fn stop_runs_every_phase_in_order_and_the_next_start_finds_the_data() {
    let data = folder();
    for _ in 0..2 {
        let running = running(&data).await;
        assert_ne!(running.address().port(), 0);
        assert!(running.state().speech.why_off().is_some());
        let address = running.address();
        assert_eq!(running.stop().await, Phase::ALL);
        let closed = std::net::TcpStream::connect(address);
        assert!(closed.is_err(), "the door is closed");
    }
}

/// While pages say goodbye nobody new comes in, and is told to try again.
#[tokio::test]
async fn who_comes_while_the_server_stops_is_told_to_come_back() {
    let data = folder();
    let running = running(&data).await;
    let state = running.state().clone();
    state.hub.create(lamp()).await.expect("a show");
    let post = async || {
        let url = format!("http://{}/whep/lamp", running.address());
        let request = reqwest::Client::new().post(url);
        let request = request.header("content-type", "application/sdp");
        let response = request.body("v=0").send().await.expect("an answer");
        let has_time = response.headers().contains_key("retry-after");
        (response.status().as_u16(), has_time)
    };
    assert_eq!(post().await, (400, false), "it is no offer");
    state.stopping.begin();
    assert_eq!(post().await, (503, true));
    drop(state);
    running.stop().await;
}

/// A host sends an encoder's guest back in the turn after the room let it in: its session is
/// found and ended.
#[tokio::test]
async fn who_is_sent_away_right_after_coming_is_ended() {
    let data = folder();
    let running = running(&data).await;
    let state = running.state().clone();
    let room = state.hub.create(lamp()).await.expect("a show");
    let join = Input::Join {
        peer: PeerId(1),
        seat: seat("host", Role::Host),
        resume: None,
        captions: None,
    };
    let (page, _reader) = outbox(Role::Host);
    let joined = room.join(PeerId(1), join, page).await;
    joined.expect("the room is there").expect("a place");

    let source = Source {
        owner: owner("guest", SourceKind::Camera),
    };
    let media_room = RoomId("lamp".into());
    let begun = state.media.publish(&media_room, source, OFFER.into()).await;
    let id = begun.expect("an offer").id;
    let entry = HttpSession {
        door: Door::Whip,
        show: "lamp".into(),
        participant: "guest".into(),
        id,
    };
    let away = Input::Ask(PeerId(1), Ask::Promote("guest".into(), Role::Viewer));
    // Both wait in the room's inbox before it takes the first.
    let (came, sent) = tokio::join!(
        room.publisher(seat("guest", Role::Guest), entry),
        room.ask(away)
    );
    came.expect("the room is there").expect("a place on stage");
    sent.expect("the room is there").expect("a host may");
    let ended = async {
        while state.media.slots(id).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
    assert!(ended.is_ok(), "the session goes on");
    drop((state, room));
    running.stop().await;
}
