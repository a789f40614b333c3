//! The whole media plane in one process: real sockets, real DTLS and SRTP, and the `rtc` crate as
//! publisher and viewer.
#![allow(
    clippy::disallowed_methods,
    reason = "the peers here are the outside world"
)]

mod peer;

use std::time::{Duration, Instant};

use media::{Closed, Event, Kind, Media, MediaConfig, RoomId, SessionId, Source, TapPacket};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use tokio::sync::mpsc;

use peer::{Peer, ViewerOptions, frame_of};

/// Longer than any of these exchanges takes on a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    media: Media,
    events: mpsc::Receiver<Event>,
    seen: Vec<Event>,
    room: RoomId,
}

impl World {
    fn new(workers: usize) -> World {
        let config = MediaConfig {
            bind: [127, 0, 0, 1].into(),
            port: 0,
            tcp_port: None,
            workers,
            public_addresses: vec![],
        };
        let (media, events) = Media::start(config).unwrap();
        World {
            media,
            events,
            seen: Vec::new(),
            room: RoomId("show".into()),
        }
    }

    async fn publish(&self, owner: &str) -> (Peer, SessionId) {
        let (mut peer, offer) = Peer::publisher();
        let source = Source {
            owner: owner.to_owned(),
        };
        let session = self.media.publish(&self.room, source, offer).await.unwrap();
        peer.accept(&session.answer);
        let mut peer = peer;
        until("the publisher connects", || {
            peer.poll();
            peer.connected
        });
        (peer, session.id)
    }

    async fn view(&self, options: ViewerOptions) -> (Peer, SessionId) {
        let (mut peer, offer) = Peer::viewer(options);
        let session = self.media.view(&self.room, offer).await.unwrap();
        peer.accept(&session.answer);
        (peer, session.id)
    }

    fn until_event(&mut self, what: &str, found: impl Fn(&Event) -> bool) {
        until(what, || {
            while let Ok(event) = self.events.try_recv() {
                self.seen.push(event);
            }
            self.seen.iter().any(&found)
        });
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// Sequence numbers without holes or repeats, timestamps that never go back.
fn assert_continuous(packets: &[&rtc::rtp::Packet]) {
    let mut seqs: Vec<_> = packets
        .iter()
        .map(|packet| packet.header.sequence_number)
        .collect();
    seqs.sort_by_key(|seq| seq.wrapping_sub(packets[0].header.sequence_number));
    for pair in seqs.windows(2) {
        assert_eq!(pair[0].wrapping_add(1), pair[1], "{seqs:?}");
    }
    for pair in packets.windows(2) {
        let step = pair[1]
            .header
            .timestamp
            .wrapping_sub(pair[0].header.timestamp) as i32;
        assert!(step >= 0, "a timestamp went back by {}", -step);
    }
}

/// Publishes `frames` frames with audio, the first a key frame, until the viewer has the last.
fn play(publisher: &mut Peer, viewer: &mut Peer, frames: usize, keyframe: bool) {
    for n in 0..frames {
        publisher.send_frame(keyframe && n == 0);
        publisher.send_audio();
        viewer.poll();
    }
}

#[tokio::test]
async fn a_viewer_sees_and_hears_a_publisher() {
    let mut world = World::new(1);
    let (mut publisher, _) = world.publish("host/camera").await;
    let (mut viewer, session) = world.view(ViewerOptions::default()).await;
    until("the viewer connects", || {
        publisher.poll();
        viewer.poll();
        viewer.connected
    });
    play(&mut publisher, &mut viewer, 30, true);
    until("everything arrived", || {
        viewer.poll();
        publisher.poll();
        viewer.video().len() >= 90 && viewer.audio().len() >= 29
    });
    assert_continuous(&viewer.video());
    assert_continuous(&viewer.audio());
    assert_eq!(frame_of(viewer.video()[0]), (1, 0));
    world.until_event(
        "the viewer is announced",
        |event| matches!(event, Event::Connected { session: known, .. } if *known == session),
    );
    world.until_event(
        "both tracks are announced",
        |event| matches!(event, Event::TrackAdded { track, .. } if track.kind == Kind::Audio),
    );
    let shown = world.media.slots(session).await.unwrap();
    assert!(shown.iter().all(|(_, track)| track.is_some()), "{shown:?}");
}

#[tokio::test]
async fn a_late_joiner_gets_the_last_key_frame_at_once() {
    let world = World::new(1);
    let (mut publisher, _) = world.publish("host/camera").await;
    for n in 0..40 {
        publisher.send_frame(n == 0);
    }
    let (mut viewer, _) = world.view(ViewerOptions::default()).await;
    until("the past arrives without a new frame", || {
        viewer.poll();
        publisher.poll();
        viewer.video().len() >= 120
    });
    assert_eq!(frame_of(viewer.video()[0]), (1, 0));
    play(&mut publisher, &mut viewer, 20, false);
    until("and goes on live", || {
        viewer.poll();
        publisher.poll();
        viewer.video().len() >= 180
    });
    assert_continuous(&viewer.video());
    let first = viewer.video()[0].header.timestamp;
    let live = viewer.video()[119].header.timestamp;
    assert!(
        live.wrapping_sub(first) < 90_000 / 10,
        "the past is squeezed, not played"
    );
    assert_eq!(world.media.stats().keyframe_requests, 0);
}

#[tokio::test]
async fn a_viewer_without_gcm_plays_too() {
    let world = World::new(1);
    let (mut publisher, _) = world.publish("host/camera").await;
    let profile = Some(SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80);
    let (mut viewer, _) = world
        .view(ViewerOptions {
            profile,
            slots: None,
        })
        .await;
    until("the viewer connects", || {
        viewer.poll();
        publisher.poll();
        viewer.connected
    });
    play(&mut publisher, &mut viewer, 30, true);
    until("everything arrived", || {
        viewer.poll();
        publisher.poll();
        viewer.video().len() >= 90
    });
    assert_continuous(&viewer.video());
}

#[tokio::test]
async fn a_certificate_that_was_not_announced_is_refused() {
    let mut world = World::new(1);
    let (mut viewer, offer) = Peer::viewer(ViewerOptions::default());
    let forged = forge_fingerprint(&offer);
    let session = world.media.view(&world.room, forged).await.unwrap();
    viewer.accept(&session.answer);
    until("the session fails", || {
        viewer.poll();
        while let Ok(event) = world.events.try_recv() {
            world.seen.push(event);
        }
        !world.seen.is_empty()
    });
    let refused = Event::Closed {
        room: world.room.clone(),
        session: session.id,
        reason: Closed::Failed,
    };
    assert_eq!(
        world.seen,
        vec![refused],
        "it was never announced as connected"
    );
    assert!(world.media.slots(session.id).await.is_err());
}

fn forge_fingerprint(offer: &str) -> String {
    let forge = |line: &str| match line.strip_prefix("a=fingerprint:sha-256 ") {
        Some(hex) => {
            let flipped = if hex.starts_with('0') { "1" } else { "0" };
            format!("a=fingerprint:sha-256 {flipped}{}\r\n", &hex[1..])
        }
        None => format!("{line}\r\n"),
    };
    offer.lines().map(forge).collect()
}

#[tokio::test]
async fn lost_packets_are_sent_again() {
    let world = World::new(1);
    let (mut publisher, _) = world.publish("host/camera").await;
    let (mut viewer, _) = world.view(ViewerOptions::default()).await;
    until("the viewer connects", || {
        viewer.poll();
        publisher.poll();
        viewer.connected
    });
    play(&mut publisher, &mut viewer, 2, true);
    viewer.lose = |n| (20..24).contains(&n) || n % 17 == 0;
    play(&mut publisher, &mut viewer, 40, false);
    viewer.lose = |_| false;
    until("every frame is whole", || {
        publisher.send_frame(false);
        viewer.poll();
        let mut frames: Vec<_> = viewer
            .video()
            .iter()
            .map(|packet| frame_of(packet))
            .collect();
        frames.sort_unstable();
        frames.dedup();
        (1..=42).all(|frame| (0..3).all(|part| frames.contains(&(frame, part))))
    });
    assert!(world.media.stats().retransmitted >= 4);
}

#[tokio::test]
async fn a_room_spans_workers() {
    let world = World::new(3);
    let (mut publisher, _) = world.publish("host/camera").await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        viewers.push(world.view(ViewerOptions::default()).await.0);
    }
    until("all connect", || {
        publisher.poll();
        viewers.iter_mut().for_each(Peer::poll);
        viewers.iter().all(|viewer| viewer.connected)
    });
    publisher.send_frame(true);
    for _ in 0..20 {
        publisher.send_frame(false);
        publisher.send_audio();
        viewers.iter_mut().for_each(Peer::poll);
    }
    // One more joins late, on whichever worker: what its worker lacks, the publisher's has.
    viewers.push(world.view(ViewerOptions::default()).await.0);
    until("everybody has everything", || {
        publisher.poll();
        viewers.iter_mut().for_each(Peer::poll);
        viewers.iter().all(|viewer| viewer.video().len() >= 63)
    });
    for viewer in &viewers {
        assert_continuous(&viewer.video());
    }
}

#[tokio::test]
async fn a_publisher_comes_back_and_the_viewer_goes_on() {
    let mut world = World::new(2);
    let (mut publisher, first) = world.publish("host/camera").await;
    let (mut viewer, _) = world.view(ViewerOptions::default()).await;
    until("the viewer connects", || {
        viewer.poll();
        publisher.poll();
        viewer.connected
    });
    play(&mut publisher, &mut viewer, 10, true);
    until("the first show arrives", || {
        viewer.poll();
        publisher.poll();
        viewer.video().len() >= 30
    });
    let (mut again, _) = world.publish("host/camera").await;
    world.until_event("the first session is closed", |event| {
        matches!(event, Event::Closed { session, reason: Closed::Local, .. } if *session == first)
    });
    play(&mut again, &mut viewer, 10, true);
    until("the second show arrives", || {
        viewer.poll();
        again.poll();
        viewer.video().len() >= 60
    });
    assert_continuous(&viewer.video());
    let ssrc = viewer.video()[0].header.ssrc;
    assert!(
        viewer
            .video()
            .iter()
            .all(|packet| packet.header.ssrc == ssrc)
    );
}

#[tokio::test]
async fn a_slot_is_pointed_at_another_track_without_renegotiation() {
    let mut world = World::new(1);
    let (mut one, _) = world.publish("host/camera").await;
    let (mut two, second) = world.publish("guide/camera").await;
    for n in 0..5 {
        one.send_frame(n == 0);
        two.send_frame(n == 0);
    }
    world.until_event(
        "the second camera is there",
        |event| matches!(event, Event::TrackAdded { track, .. } if track.session == second),
    );
    let track = world.seen.iter().find_map(|event| match event {
        Event::TrackAdded { track, .. } if track.session == second => Some(track.id),
        _ => None,
    });
    let (mut viewer, session) = world.view(ViewerOptions::default()).await;
    until("the first camera shows", || {
        viewer.poll();
        viewer.video().len() >= 15
    });
    let slots = world.media.slots(session).await.unwrap();
    let mid = slots
        .iter()
        .find(|(slot, _)| slot.kind == Kind::Video)
        .unwrap()
        .0
        .mid
        .clone();
    world.media.assign(session, &mid, track).await.unwrap();
    until("the second camera shows", || {
        viewer.poll();
        viewer.video().len() >= 30
    });
    assert_continuous(&viewer.video());
    world.media.assign(session, &mid, None).await.unwrap();
    let shown = world.media.slots(session).await.unwrap();
    assert!(
        shown
            .iter()
            .all(|(slot, track)| slot.kind == Kind::Audio || track.is_none())
    );
    assert!(
        world
            .media
            .assign(session, "no such mid", None)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn audio_is_tapped_and_a_goodbye_is_noticed() {
    let mut world = World::new(2);
    let (tap, mut tapped) = mpsc::channel::<TapPacket>(64);
    world.media.tap(&world.room, tap).await;
    let (mut publisher, session) = world.publish("host/camera").await;
    for _ in 0..10 {
        publisher.send_audio();
    }
    let mut packets = Vec::new();
    until("the tap runs", || {
        publisher.poll();
        while let Ok(packet) = tapped.try_recv() {
            packets.push(packet);
        }
        packets.len() >= 10
    });
    assert_eq!(packets[9].seq - packets[0].seq, 9);
    assert_eq!(packets[9].rtp_ts.wrapping_sub(packets[0].rtp_ts), 9 * 960);
    publisher.close();
    world.until_event("the goodbye is heard", |event| {
        matches!(event, Event::Closed { session: known, reason: Closed::Peer, .. } if *known == session)
    });
    world.media.shutdown().await;
    let (_, offer) = Peer::viewer(ViewerOptions::default());
    assert!(world.media.view(&world.room, offer).await.is_err());
}

#[tokio::test]
async fn the_self_test_sees_what_works() {
    let world = World::new(2);
    let reach = world.media.self_test().await;
    assert_eq!(reach.udp.len(), 2, "one candidate a worker");
    assert!(reach.udp.iter().all(|(_, arrived)| *arrived), "{reach:?}");
    assert!(reach.tcp.is_empty() && reach.receive_buffer > 0);
    // An address that is none of ours and answers nothing (RFC 5737).
    let config = MediaConfig {
        bind: [127, 0, 0, 1].into(),
        port: 0,
        tcp_port: Some(0),
        workers: 1,
        public_addresses: vec![[192, 0, 2, 1].into()],
    };
    let (media, _events) = Media::start(config).unwrap();
    let reach = media.self_test().await;
    assert!(!reach.udp[0].1, "{reach:?}");
    assert_eq!(reach.tcp.len(), 1);
    let stats = world.media.stats();
    assert_eq!((stats.workers.len(), stats.dropped_malformed), (2, 2));
}
