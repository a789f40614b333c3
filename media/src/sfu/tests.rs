//! The machine without sockets: who gets what, what it costs, and when publishers are asked.

mod hostile;
mod network;
mod pacing;
mod reach;
mod restart;

use std::time::{Duration, Instant};

use super::*;
use crate::batch::Batch;
use crate::clock::Now;
use crate::downtrack::Flow;
use crate::handle::{Receives, TrackInfo};
use crate::ingest::SharedCert;
use crate::limits::CALL_VIEWERS_MAX;
use crate::packet::{Codec, Packet};
use crate::srtp::{Keys, Profile, Sealer};
use crate::testing::{allocations, origin, vp8};
use crate::uptrack::Uptrack;

mod layers;

const FINGERPRINT: &str = "7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

fn at(ms: u64) -> Now {
    Now {
        instant: origin() + Duration::from_millis(ms),
        unix_us: 1_700_000_000_000_000 + ms * 1_000,
    }
}

fn sfu() -> Sfu {
    let candidates = vec!["127.0.0.1:5000".parse().unwrap()];
    Sfu::new(Shard {
        worker: 0,
        workers: 2,
        ingest: IngestConfig {
            candidates,
            tcp_candidates: Vec::new(),
            worker: 0,
            cert: SharedCert::generate(),
        },
        identity: Identity::generate().unwrap(),
        crypto: rtc_crypto::default_provider().unwrap(),
        counters: Arc::default(),
    })
}

fn room() -> RoomId {
    RoomId("show".into())
}

fn offer(videos: usize, audios: usize) -> String {
    let mut sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n".to_owned();
    let kinds = std::iter::repeat_n(("video", "VP8/90000"), videos)
        .chain(std::iter::repeat_n(("audio", "opus/48000/2"), audios));
    for (mid, (kind, rtpmap)) in kinds.enumerate() {
        sdp += &format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
             a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 {FINGERPRINT}\r\n\
             a=setup:actpass\r\na=rtcp-mux\r\na=mid:{mid}\r\na=recvonly\r\na=rtpmap:96 {rtpmap}\r\n\
             a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        );
    }
    sdp
}

/// A viewer that is past its handshake.
fn join(sfu: &mut Sfu, now: Now, n: u64, offer: &str) -> SessionId {
    let session = SessionId(id_of(n, 0));
    sfu.view(now, session, room(), offer, Receives::Slots)
        .unwrap();
    let index = sfu.sessions[&session];
    let profile = Profile::Aes128Gcm;
    let (key, salt) = (vec![n as u8; 16], vec![n as u8; 12]);
    let keys = Keys {
        profile,
        local_key: key.clone(),
        local_salt: salt.clone(),
        remote_key: key,
        remote_salt: salt,
    };
    let provider = sfu.crypto();
    let viewer = &mut sfu.viewers[index];
    viewer.sealer = Some(Sealer::new(&keys, provider.crypto()).unwrap());
    let remote = SocketAddr::from(([127, 0, 0, 1], 10_000 + n as u16));
    viewer.path = Some(Path::udp(remote, [127, 0, 0, 1].into()));
    let places: Vec<_> = viewer.cold.slots.iter().map(|(_, place)| *place).collect();
    for place in places {
        sfu.begin(now, place);
    }
    session
}

/// A track published on `worker`.
fn publish(sfu: &mut Sfu, now: Now, n: u64, worker: usize, codec: Codec) -> TrackId {
    let id = TrackId(id_of(n, worker));
    let info = TrackInfo {
        id,
        session: SessionId(id_of(1_000 + n, worker)),
        kind: codec.kind(),
        source: Source {
            owner: "host/camera".into(),
        },
        codec: codec.name(),
        rids: Vec::new(),
    };
    sfu.add_track(now, Uptrack::new(info, room(), codec, true));
    id
}

fn shown(sfu: &Sfu, session: SessionId) -> Vec<Option<TrackId>> {
    sfu.slots(session)
        .unwrap()
        .into_iter()
        .map(|(_, track)| track)
        .collect()
}

/// Drains everything that leaves; returns datagrams.
fn drain(sfu: &mut Sfu, now: Now, batch: &mut Batch) -> usize {
    let mut sent = 0;
    loop {
        batch.clear();
        let more = sfu.transmit(now, batch);
        sent += batch.runs().iter().map(|run| run.count).sum::<usize>();
        if !more {
            return sent;
        }
    }
}

#[test]
fn slots_follow_the_room_in_publish_order_until_assigned() {
    let (mut sfu, now) = (sfu(), at(0));
    let one = publish(&mut sfu, now, 1, 0, Codec::Vp8);
    let viewer = join(&mut sfu, now, 1, &offer(2, 1));
    let voice = publish(&mut sfu, now, 2, 0, Codec::Opus);
    assert_eq!(shown(&sfu, viewer), [Some(one), None, Some(voice)]);
    let two = publish(&mut sfu, now, 3, 0, Codec::Vp8);
    let three = publish(&mut sfu, now, 4, 0, Codec::Vp8);
    assert_eq!(shown(&sfu, viewer), [Some(one), Some(two), Some(voice)]);
    // Fixed at a track that another slot shows: that slot takes the next one.
    sfu.assign(now, viewer, "0", Some(two)).unwrap();
    assert_eq!(shown(&sfu, viewer), [Some(two), Some(one), Some(voice)]);
    sfu.remove_track(now, one);
    assert_eq!(shown(&sfu, viewer), [Some(two), Some(three), Some(voice)]);
    // Fixed at nothing stays empty, and a wrong wish changes nothing.
    sfu.assign(now, viewer, "0", None).unwrap();
    assert!(
        sfu.assign(now, viewer, "2", Some(two)).is_err(),
        "video into an audio slot"
    );
    assert!(
        sfu.assign(now, viewer, "0", Some(one)).is_err(),
        "a track that is gone"
    );
    assert_eq!(shown(&sfu, viewer), [None, Some(three), Some(voice)]);
}

#[test]
fn a_codec_that_was_not_negotiated_is_not_shown() {
    let (mut sfu, now) = (sfu(), at(0));
    let screen = publish(
        &mut sfu,
        now,
        1,
        0,
        Codec::H264 {
            profile_level_id: 0x42_e01f,
        },
    );
    let camera = publish(&mut sfu, now, 2, 0, Codec::Vp8);
    let viewer = join(&mut sfu, now, 1, &offer(2, 0));
    assert_eq!(shown(&sfu, viewer), [Some(camera), None]);
    assert!(sfu.assign(now, viewer, "1", Some(screen)).is_err());
}

#[test]
fn a_crowd_that_waits_for_a_picture_costs_one_request_a_second() {
    let mut sfu = sfu();
    let track = publish(&mut sfu, at(0), 1, 1, Codec::Vp8);
    let mut asked = Vec::new();
    for ms in 0..2_500 {
        if ms < 1_000 {
            join(&mut sfu, at(ms), ms + 1, &offer(1, 0));
        }
        // Each request is answered 50 ms later; the group of pictures then is too long to replay.
        if asked.last().is_some_and(|last| last + 50 == ms) {
            for seq in 0..400 {
                let seq = ms * 1_000 + seq;
                sfu.forward(at(ms), track, 0, vp8(seq, 10, seq == ms * 1_000));
            }
        }
        sfu.handle_timeout(at(ms));
        drain(&mut sfu, at(ms), &mut Batch::new());
        while let Some(output) = sfu.poll() {
            if let Output::Relay(1, Relay::KeyframeWanted { .. }) = output {
                asked.push(ms);
            }
        }
    }
    assert_eq!(asked, [0, 1_000]);
    let live = sfu
        .downtracks
        .iter()
        .filter(|(_, slot)| slot.flow == Flow::Live)
        .count();
    assert_eq!(live, 1_000, "everybody has a picture");
}

/// A livestream: more viewers than a call has.
fn crowd(sfu: &mut Sfu, viewers: u64) -> TrackId {
    let track = publish(sfu, at(0), 1, 0, Codec::Vp8);
    for n in 0..viewers {
        join(sfu, at(0), n, &offer(1, 1));
    }
    track
}

#[test]
fn a_frame_leaves_when_it_is_complete_or_was_held_long_enough() {
    const VIEWERS: usize = CALL_VIEWERS_MAX + 1;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let track = crowd(&mut sfu, VIEWERS as u64);
    sfu.forward(at(0), track, 0, vp8(0, 4, true));
    sfu.forward(at(0), track, 0, vp8(1, 4, false));
    assert_eq!(drain(&mut sfu, at(0), &mut batch), 0, "half a frame waits");
    assert_eq!(sfu.deadline(), Some(at(3).instant));
    sfu.handle_timeout(at(3));
    assert_eq!(drain(&mut sfu, at(3), &mut batch), 2 * VIEWERS);
    sfu.forward(at(5), track, 0, vp8(2, 4, false));
    sfu.forward(at(5), track, 0, vp8(3, 4, false));
    assert_eq!(drain(&mut sfu, at(5), &mut batch), 2 * VIEWERS, "complete");
    sfu.forward(at(5), track, 0, vp8(3, 4, false));
    assert_eq!(drain(&mut sfu, at(5), &mut batch), 0, "a duplicate");
}

#[test]
fn nothing_is_held_in_a_call() {
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let track = crowd(&mut sfu, CALL_VIEWERS_MAX as u64);
    sfu.forward(at(0), track, 0, vp8(0, 4, true));
    sfu.forward(at(0), track, 0, vp8(1, 4, false));
    // The turn in which they were read.
    sfu.handle_timeout(at(0));
    assert_eq!(drain(&mut sfu, at(0), &mut batch), 2 * CALL_VIEWERS_MAX);
}

/// A video frame of eight full packets.
fn frame(n: u64) -> Vec<Packet> {
    let packets = (n * 8..n * 8 + 8).map(|seq| Packet {
        payload: bytes::Bytes::from_static(&[0; 1_200]),
        ..vp8(seq, 8, seq == 0)
    });
    packets.collect()
}

fn sound(seq: u64) -> Packet {
    Packet {
        payload: bytes::Bytes::from_static(&[0; 100]),
        numbers: Default::default(),
        temporal: Default::default(),
        ..vp8(seq, 1, false)
    }
}

#[test]
fn sound_does_not_wait_for_the_rest_of_a_fan_out() {
    const VIEWERS: u64 = 200;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let track = crowd(&mut sfu, VIEWERS);
    let voice = publish(&mut sfu, at(0), 2, 0, Codec::Opus);
    for packet in frame(0) {
        sfu.forward(at(0), track, 0, packet);
    }
    assert!(sfu.transmit(at(0), &mut batch), "a frame is several slices");
    sfu.forward(at(0), voice, 0, sound(0));
    batch.clear();
    assert!(sfu.transmit(at(0), &mut batch));
    let first = batch.runs()[0];
    assert!(first.segment < 200, "{first:?} is video");
    let rest = batch.runs().iter().map(|run| run.count).sum::<usize>();
    let rest = rest + drain(&mut sfu, at(0), &mut batch);
    assert!(rest > 1_000, "the frame goes on: {rest}");
}

/// A picture and a voice of one publisher, before `viewers`.
fn speaker(sfu: &mut Sfu, viewers: usize) -> (TrackId, TrackId) {
    let track = crowd(sfu, viewers as u64);
    let voice = publish(sfu, at(0), 2, 0, Codec::Opus);
    let session = sfu.tracks[&track].up.info.session;
    sfu.tracks.get_mut(&voice).unwrap().up.info.session = session;
    (track, voice)
}

#[test]
fn sound_waits_a_little_for_the_rest_of_a_frame_that_began() {
    const VIEWERS: usize = 20;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let (track, voice) = speaker(&mut sfu, VIEWERS);
    let frames = [frame(0), frame(1)].concat();
    let forward = |sfu: &mut Sfu, range: std::ops::Range<usize>, ms| {
        let packets = frames[range].iter();
        packets.for_each(|packet| sfu.forward(at(ms), track, 0, packet.clone()));
    };
    sfu.forward(at(0), voice, 0, sound(0));
    assert_eq!(
        drain(&mut sfu, at(0), &mut batch),
        VIEWERS,
        "nothing is due"
    );
    forward(&mut sfu, 0..3, 0);
    sfu.handle_timeout(at(3));
    assert_eq!(drain(&mut sfu, at(3), &mut batch), 3 * VIEWERS);
    sfu.forward(at(4), voice, 0, sound(1));
    assert_eq!(drain(&mut sfu, at(4), &mut batch), 0, "packets are due");
    forward(&mut sfu, 3..6, 5);
    assert_eq!(drain(&mut sfu, at(5), &mut batch), 0, "they are held");
    assert_eq!(sfu.deadline(), Some(at(7).instant), "as long as the sound");
    sfu.handle_timeout(at(7));
    batch.clear();
    assert!(!sfu.transmit(at(7), &mut batch));
    assert_eq!(batch.runs().len(), VIEWERS);
    assert!(batch.runs().iter().all(|run| run.count == 4));
    // The rest is late: the sound leaves alone, and the next one does not wait for it.
    sfu.forward(at(8), voice, 0, sound(2));
    assert_eq!(drain(&mut sfu, at(8), &mut batch), 0);
    sfu.handle_timeout(at(11));
    assert_eq!(drain(&mut sfu, at(11), &mut batch), VIEWERS);
    sfu.forward(at(12), voice, 0, sound(3));
    assert_eq!(drain(&mut sfu, at(12), &mut batch), VIEWERS);
    // A whole frame expects nothing.
    forward(&mut sfu, 6..8, 13);
    sfu.forward(at(13), voice, 0, sound(4));
    assert_eq!(drain(&mut sfu, at(13), &mut batch), 3 * VIEWERS);
}

#[test]
fn sound_leaves_with_a_frame_that_is_held_anyway() {
    const VIEWERS: usize = 20;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let (track, voice) = speaker(&mut sfu, VIEWERS);
    let forward = |sfu: &mut Sfu, packets: &[Packet]| {
        packets
            .iter()
            .for_each(|packet| sfu.forward(at(0), track, 0, packet.clone()));
    };
    forward(&mut sfu, &frame(0));
    sfu.forward(at(0), voice, 0, sound(0));
    let sent = drain(&mut sfu, at(0), &mut batch);
    assert_eq!(sent, 9 * VIEWERS, "nothing is held: sound goes at once");
    forward(&mut sfu, &frame(1)[..3]);
    sfu.forward(at(0), voice, 0, sound(1));
    assert_eq!(drain(&mut sfu, at(0), &mut batch), 0, "both wait");
    sfu.handle_timeout(at(3));
    batch.clear();
    assert!(!sfu.transmit(at(3), &mut batch));
    assert_eq!(batch.runs().len(), VIEWERS);
    assert!(batch.runs().iter().all(|run| run.count == 4));
    // A frame that ends with a shorter packet takes nothing along, and the sound is not lost.
    forward(&mut sfu, &frame(1)[3..7]);
    sfu.forward(at(0), voice, 0, sound(2));
    let mut last = frame(1).remove(7);
    last.payload.truncate(600);
    forward(&mut sfu, &[last]);
    batch.clear();
    assert!(!sfu.transmit(at(3), &mut batch));
    let counts: Vec<_> = batch.runs().iter().map(|run| run.count).collect();
    assert_eq!(counts, [[5; VIEWERS], [1; VIEWERS]].concat());
}

#[test]
fn who_leaves_between_two_slices_costs_nobody_a_packet() {
    const VIEWERS: u64 = 200;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let track = crowd(&mut sfu, VIEWERS);
    for packet in frame(0) {
        sfu.forward(at(0), track, 0, packet);
    }
    let mut got = HashMap::new();
    loop {
        batch.clear();
        let more = sfu.transmit(at(0), &mut batch);
        for run in batch.runs() {
            *got.entry(run.path.remote.port()).or_insert(0) += run.count;
        }
        // One that was served already leaves after each slice.
        let gone = SessionId(id_of(got.len() as u64 / 60, 0));
        sfu.close(at(0), gone);
        if !more {
            break;
        }
    }
    assert_eq!(got.len() as u64, VIEWERS);
    assert!(got.values().all(|count| *count == 8), "{got:?}");
}

/// The hot path: nothing is allocated per forwarded packet, and a frame of equal packets is one
/// run per viewer.
#[test]
fn forwarding_allocates_nothing() {
    const VIEWERS: u64 = 200;
    const FRAMES: u64 = 60;
    let (mut sfu, mut batch) = (sfu(), Batch::new());
    let track = crowd(&mut sfu, VIEWERS);
    let voice = publish(&mut sfu, at(0), 2, 0, Codec::Opus);
    let frames: Vec<_> = (0..FRAMES).map(|n| (frame(n), sound(n))).collect();
    let mut frames = frames.into_iter();
    let mut forward = |sfu: &mut Sfu, (frame, sound): (Vec<Packet>, Packet), ms: u64| {
        for packet in frame {
            sfu.forward(at(ms), track, 0, packet);
        }
        sfu.forward(at(ms), voice, 0, sound);
        drain(sfu, at(ms), &mut batch)
    };
    // The first frames start the slots, and give the queues their size.
    for ms in 0..4 {
        forward(&mut sfu, frames.next().unwrap(), ms);
    }
    let before = allocations();
    #[allow(clippy::disallowed_methods)]
    let start = Instant::now();
    let mut sent = 0;
    for frame in frames {
        sent += forward(&mut sfu, frame, 4);
    }
    let ns = start.elapsed().as_nanos() as usize / sent;
    assert_eq!(allocations() - before, 0);
    assert_eq!(sent as u64, (FRAMES - 4) * 9 * VIEWERS);
    eprintln!("{ns} ns per forwarded packet, sealed but not sent");
    let hot = size_of::<Viewer>() + size_of::<Downtrack>();
    assert!(hot < 1_024, "{hot} bytes of hot state per viewer");
}

#[test]
fn a_room_is_forgotten_when_its_last_member_leaves() {
    let (mut sfu, now) = (sfu(), at(0));
    let track = publish(&mut sfu, now, 1, 1, Codec::Vp8);
    let viewer = join(&mut sfu, now, 1, &offer(1, 0));
    let told = |sfu: &mut Sfu| std::iter::from_fn(|| sfu.poll()).collect::<Vec<_>>();
    let subscribed = told(&mut sfu);
    assert!(matches!(
        subscribed[..],
        [Output::Relay(1, Relay::Subscribe { .. }), ..]
    ));
    sfu.close(now, viewer);
    let unsubscribed = told(&mut sfu);
    assert!(matches!(
        unsubscribed[..],
        [
            Output::Relay(1, Relay::Subscribe { layers: 0, .. }),
            Output::Event(Event::Closed { .. })
        ]
    ));
    sfu.handle_relay(now, Relay::TrackRemoved(track));
    assert!(sfu.rooms.is_empty() && sfu.tracks.is_empty());
    assert!(sfu.viewers.is_empty() && sfu.downtracks.is_empty());
}
