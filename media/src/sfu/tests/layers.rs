//! Simulcast: who gets which layer, when it changes, and what publishers and workers are told.

use super::*;
use crate::handle::{Kind, LayerChoice, Receives, Stats, Wanted};
use crate::layers::LayerState;
use crate::testing::vp8_temporal;

/// Packets of the layers, the lowest first: a third of a second each at 30 frames.
const SIZES: [usize; 3] = [300, 900, 1_100];

/// One publisher of three layers on this worker, and a wire that is emptied after each frame.
struct Stage {
    sfu: Sfu,
    batch: Batch,
    track: TrackId,
    ms: u64,
    frame: u64,
    /// Layers sent (bit per layer).
    sending: u8,
    /// Key frames asked of the publisher and not yet answered.
    asked: u8,
    /// All that were asked, by layer.
    plis: [usize; 3],
    told: Vec<Output>,
}

impl Stage {
    fn new() -> Stage {
        Stage::on_worker(0)
    }

    fn on_worker(worker: usize) -> Stage {
        let mut sfu = sfu();
        let id = TrackId(id_of(1, worker));
        let info = TrackInfo {
            id,
            session: SessionId(id_of(1_001, worker)),
            kind: Kind::Video,
            source: Source {
                owner: "host/camera".into(),
            },
            codec: "VP8",
            rids: ["q", "h", "f"].map(str::to_owned).to_vec(),
        };
        sfu.add_track(at(0), Uptrack::new(info, room(), Codec::Vp8, true));
        Stage {
            sfu,
            batch: Batch::new(),
            track: id,
            ms: 0,
            frame: 0,
            sending: 0b111,
            asked: 0b111,
            plis: [0; 3],
            told: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        at(self.ms)
    }

    fn join(&mut self, n: u64) -> SessionId {
        let now = self.now();
        join(&mut self.sfu, now, n, &offer(1, 0))
    }

    /// One frame of every layer sent, two packets each, and what follows from it.
    fn frame(&mut self) {
        self.ms += 33;
        self.frame += 1;
        let now = self.now();
        for layer in (0..3u8).filter(|layer| self.sending & (1 << layer) != 0) {
            let keyframe = self.asked & (1 << layer) != 0;
            for n in 0..2 {
                let seq = u64::from(layer) * 1_000_000 + self.frame * 2 + n;
                let packet = Packet {
                    payload: bytes::Bytes::from(vec![0; SIZES[usize::from(layer)]]),
                    arrival: now.instant,
                    ..vp8(seq, 2, keyframe && n == 0)
                };
                self.sfu.forward(now, self.track, layer, packet);
            }
        }
        self.asked &= !self.sending;
        self.sfu.handle_timeout(now);
        drain(&mut self.sfu, now, &mut self.batch);
        self.listen();
    }

    /// What the machine asks of the publisher. Its throttles count what was asked here, since no
    /// real publisher is behind the track.
    fn listen(&mut self) {
        let up = &mut self.sfu.tracks.get_mut(&self.track).unwrap().up;
        for layer in 0..3u8 {
            let asked = up
                .layer(layer)
                .is_some_and(|layer| layer.throttle.is_asked());
            if asked && self.asked & (1 << layer) == 0 {
                self.asked |= 1 << layer;
                self.plis[usize::from(layer)] += 1;
            }
        }
        while let Some(output) = self.sfu.poll() {
            self.told.push(output);
        }
    }

    fn run(&mut self, ms: u64) {
        let end = self.ms + ms;
        while self.ms < end {
            self.frame();
        }
    }

    fn slot(&self, session: SessionId) -> &Downtrack {
        let index = self.sfu.sessions[&session];
        &self.sfu.downtracks[self.sfu.viewers[index].cold.slots[0].1]
    }

    fn shows(&self, session: SessionId) -> (Flow, u8) {
        let slot = self.slot(session);
        (slot.flow, slot.layer)
    }

    fn estimate(&mut self, session: SessionId, estimate: u64) {
        let (index, now) = (self.sfu.sessions[&session], self.now());
        self.sfu.viewers[index]
            .congestion
            .remb(now.instant, estimate);
        self.sfu.reallocate(now, index);
    }

    fn wanted(&self) -> Vec<Vec<bool>> {
        let wishes = self.told.iter().filter_map(|output| match output {
            Output::Event(Event::LayersWanted { wanted, .. }) => {
                Some(wanted.iter().map(|(_, wanted)| *wanted).collect())
            }
            _ => None,
        });
        wishes.collect()
    }
}

#[test]
fn without_an_estimate_a_viewer_gets_the_top_layer_and_follows_it() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let viewer = stage.join(1);
    stage.run(200);
    assert_eq!(stage.shows(viewer), (Flow::Live, 2));
    // The publisher's uplink shrinks: the top layer ceases, then comes back.
    stage.sending = 0b011;
    stage.run(2_000);
    assert_eq!(stage.shows(viewer), (Flow::Live, 1));
    stage.sending = 0b111;
    stage.run(2_000);
    assert_eq!(stage.shows(viewer), (Flow::Live, 2));
}

#[test]
fn a_still_screen_is_not_a_dead_layer() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let viewer = stage.join(1);
    stage.run(200);
    stage.ms += 5_000;
    stage.sfu.handle_timeout(at(stage.ms));
    stage.listen();
    assert_eq!(stage.slot(viewer).target.layer, 2);
}

#[test]
fn the_picture_changes_at_the_key_frame_that_was_asked_once() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let viewers: Vec<_> = (0..50).map(|n| stage.join(n + 1)).collect();
    stage.run(1_500);
    let before = stage.plis;
    for viewer in &viewers {
        stage.estimate(*viewer, 300_000);
        assert_eq!(stage.shows(*viewer), (Flow::Live, 2), "until the key frame");
    }
    stage.run(100);
    for viewer in &viewers {
        assert_eq!(stage.shows(*viewer), (Flow::Live, 0));
    }
    assert_eq!(stage.plis[0] - before[0], 1, "one request serves all fifty");
    assert_eq!(stage.plis[2], before[2]);
    for viewer in &viewers {
        stage.estimate(*viewer, 3_000_000);
    }
    stage.run(100);
    assert!(
        viewers
            .iter()
            .all(|viewer| stage.shows(*viewer) == (Flow::Live, 2))
    );
}

#[test]
fn a_page_says_how_large_and_whether_it_is_seen() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let viewer = stage.join(1);
    stage.run(200);
    let mut states = stage.sfu.tracks[&stage.track].up.states.clone();
    for (state, height) in states.iter_mut().zip([180, 360, 720]) {
        state.size = Some((height * 16 / 9, height));
    }
    let sizes: Vec<_> = states.iter().map(|state| state.size).collect();
    stage
        .sfu
        .tracks
        .get_mut(&stage.track)
        .unwrap()
        .up
        .set_sizes(&sizes);
    let hidden = Wanted {
        visible: false,
        height: None,
    };
    let small = Wanted {
        visible: true,
        height: Some(300),
    };
    let now = stage.now();
    stage.sfu.want(now, viewer, "0", small).unwrap();
    stage.run(600);
    assert_eq!(stage.shows(viewer), (Flow::Live, 1));
    let now = stage.now();
    stage.sfu.want(now, viewer, "0", hidden).unwrap();
    assert_eq!(stage.shows(viewer).0, Flow::Paused);
    let now = stage.now();
    assert!(stage.sfu.want(now, viewer, "9", small).is_err());
}

#[test]
fn a_layer_is_chosen_by_hand_and_listed() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let viewer = stage.join(1);
    stage.run(200);
    let fixed = |layer| LayerChoice::Fixed {
        layer,
        temporal: None,
    };
    let now = stage.now();
    stage.sfu.select_layer(now, viewer, "0", fixed(1)).unwrap();
    stage.run(1_200);
    let listed = stage.sfu.slot_layers(viewer).unwrap().remove(0);
    assert_eq!((listed.showing, listed.choice), (Some(1), fixed(1)));
    let rids: Vec<_> = listed
        .layers
        .iter()
        .map(|layer| layer.rid.as_deref())
        .collect();
    assert_eq!(rids, [Some("q"), Some("h"), Some("f")]);
    assert!(listed.layers.iter().all(|layer| layer.active));
    // 30 frames a second of two packets, 28 octets of header and tag each.
    let [rate] = listed.layers[1].bitrates[..] else {
        panic!("one temporal layer: {listed:?}");
    };
    let real = 2 * 8 * (SIZES[1] as u64 + 28) * 1_000 / 33;
    assert!(
        rate.abs_diff(real) < real / 10,
        "{rate} measured, {real} sent"
    );
    assert!(stage.sfu.select_layer(now, viewer, "0", fixed(3)).is_err());
    assert!(stage.sfu.select_layer(now, viewer, "1", fixed(0)).is_err());
}

#[test]
fn looks_count_what_viewers_are_shown_and_what_their_paths_carry() {
    let mut stage = Stage::new();
    stage.run(1_000);
    let (_good, poor, blind) = (stage.join(1), stage.join(2), stage.join(3));
    stage.estimate(poor, 300_000);
    let (now, hidden) = (
        stage.now(),
        Wanted {
            visible: false,
            height: None,
        },
    );
    stage.sfu.want(now, blind, "0", hidden).unwrap();
    stage.run(1_000);
    let counted = |stage: &Stage| {
        let mut stats = Stats::default();
        stage.sfu.shard.counters.add_to(&mut stats);
        let [low, middle, top] = stats.shown_layers;
        [
            low,
            middle,
            top,
            stats.shown_nothing,
            stats.estimates.counts[2],
        ]
    };
    let before = counted(&stage);
    stage.run(10_000);
    let after = counted(&stage);
    let looks: Vec<_> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    let looked = looks[2];
    assert!((19..=22).contains(&looked), "two looks a second: {looked}");
    assert_eq!(looks, [looked, 0, looked, looked, looked]);
}

#[test]
fn a_publisher_is_told_what_nobody_takes() {
    let mut stage = Stage::new();
    stage.run(11_000);
    assert_eq!(stage.wanted(), [[true, false, false]], "an empty room");
    stage.sending = 0b001;
    stage.run(1_500);
    let viewer = stage.join(1);
    stage.run(100);
    assert_eq!(stage.wanted()[1..], [[true, true, true]], "at once");
    assert_eq!(stage.shows(viewer), (Flow::Live, 0), "meanwhile");
    stage.sending = 0b111;
    stage.run(1_500);
    assert_eq!(stage.shows(viewer), (Flow::Live, 2));
    stage.run(11_000);
    assert_eq!(stage.wanted()[2..], [[true, false, true]]);
    // A publisher that does not hear us goes on sending, which does no harm.
    stage.run(5_000);
    assert_eq!(stage.shows(viewer), (Flow::Live, 2));
    assert_eq!(stage.wanted().len(), 3);
}

#[test]
fn a_worker_asks_for_the_layers_its_viewers_take() {
    let mut stage = Stage::on_worker(1);
    let alive = LayerState {
        alive: true,
        ..LayerState::default()
    };
    let track = stage.track;
    let states = vec![alive; 3];
    let now = stage.now();
    stage.sfu.handle_relay(now, Relay::Layers { track, states });
    let asked = |stage: &mut Stage| {
        stage.listen();
        let asked = stage.told.drain(..).filter_map(|output| match output {
            Output::Relay(1, Relay::Subscribe { layers, .. }) => Some(layers),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    let viewer = stage.join(1);
    assert_eq!(asked(&mut stage), [0b111], "any layer will do to start");
    let packet = |layer: u8, seq: u64, keyframe| Relay::Packet {
        track,
        layer,
        packet: vp8(seq, 1, keyframe),
    };
    stage.sfu.handle_relay(now, packet(0, 7, true));
    drain(&mut stage.sfu, now, &mut stage.batch);
    assert_eq!(stage.shows(viewer), (Flow::Live, 0));
    assert_eq!(asked(&mut stage), [0b101]);
    stage.sfu.handle_relay(now, packet(1, 9, true));
    let layer = stage.sfu.tracks[&track].up.layer(1);
    assert!(
        layer.is_none_or(|layer| layer.ring.head().is_none()),
        "not ours any more"
    );
    stage.sfu.handle_relay(now, packet(2, 70, true));
    drain(&mut stage.sfu, now, &mut stage.batch);
    assert_eq!(stage.shows(viewer), (Flow::Live, 2));
    assert_eq!(asked(&mut stage), [0b100]);
    stage.sfu.close(now, viewer);
    assert_eq!(asked(&mut stage), [0]);
}

#[test]
fn a_worker_relays_the_layers_it_was_asked_for() {
    let mut stage = Stage::new();
    let track = stage.track;
    stage.run(200);
    let subscribe = |stage: &mut Stage, layers| {
        let now = stage.now();
        let message = Relay::Subscribe {
            track,
            layers,
            worker: 1,
        };
        stage.sfu.handle_relay(now, message);
        stage.listen();
        let history = stage.told.drain(..).filter_map(|output| match output {
            Output::Relay(1, Relay::History { layer, .. }) => Some(layer),
            _ => None,
        });
        history.collect::<Vec<_>>()
    };
    assert_eq!(subscribe(&mut stage, 0b101), [0, 2]);
    assert_eq!(
        subscribe(&mut stage, 0b110),
        [1],
        "what it has is not repeated"
    );
    let up = &stage.sfu.tracks[&track].up;
    assert_eq!(up.relayed_to, [0, 0b10, 0b10]);
    assert_eq!(up.taken_anywhere(), 0b110);
    assert_eq!(subscribe(&mut stage, 0), []);
}

#[test]
fn a_narrow_network_gets_fewer_frames_without_a_hole() {
    let mut sfu = sfu();
    let track = publish(&mut sfu, at(0), 1, 0, Codec::Vp8);
    let viewer = join(&mut sfu, at(0), 1, &offer(1, 0));
    let mut batch = Batch::new();
    let mut sent = Vec::new();
    for frame in 0..300u64 {
        let now = at(frame * 33);
        let packet = Packet {
            keyframe: frame == 0,
            arrival: now.instant,
            payload: bytes::Bytes::from(vec![0; 1_000]),
            ..vp8_temporal(frame, [0, 2, 1, 2][frame as usize % 4])
        };
        if frame == 100 {
            // 250 kbit/s of whole stream, 62 of the base: room for the base and the middle.
            let index = sfu.sessions[&viewer];
            sfu.viewers[index].congestion.remb(now.instant, 200_000);
            sfu.reallocate(now, index);
        }
        if frame == 200 {
            let index = sfu.sessions[&viewer];
            sfu.viewers[index].congestion.remb(now.instant, 2_000_000);
            sfu.reallocate(now, index);
        }
        sfu.forward(now, track, 0, packet);
        sfu.handle_timeout(now);
        sent.push(drain(&mut sfu, now, &mut batch));
    }
    assert_eq!(sent[..100].iter().sum::<usize>(), 100);
    assert_eq!(sent[100..200].iter().sum::<usize>(), 50);
    assert!(sent[204..].iter().all(|n| *n == 1), "{sent:?}");
}

#[test]
fn a_viewer_that_cannot_decode_is_told_of() {
    let (mut sfu, now) = (sfu(), at(0));
    let av1 = Codec::Av1 { profile: 0 };
    let first = publish(&mut sfu, now, 1, 0, av1);
    let session = SessionId(id_of(1, 0));
    let viewed = sfu
        .view(now, session, room(), &offer(1, 0), Receives::Slots)
        .unwrap();
    let told: Vec<_> = viewed
        .undecodable
        .iter()
        .map(|track| (track.id, track.codec))
        .collect();
    assert_eq!(told, [(first, "AV1")]);
    let second = publish(&mut sfu, now, 2, 0, Codec::Vp9 { profile: 0 });
    let events: Vec<_> = std::iter::from_fn(|| sfu.poll()).collect();
    assert!(events.iter().any(|output| matches!(
        output,
        Output::Event(Event::Undecodable { session: of, track, codec: "VP9", .. })
            if *of == session && *track == second
    )));
    // Who only listens misses nothing.
    let listener = SessionId(id_of(2, 0));
    let viewed = sfu
        .view(now, listener, room(), &offer(0, 1), Receives::Slots)
        .unwrap();
    assert!(viewed.undecodable.is_empty());
}
