//! The machine, a scripted publisher and viewers behind bad networks, in virtual time. The
//! receivers check every packet and every frame (`testing::receiver`); here is what each path
//! must come to, and it is printed.

use super::*;
use crate::testing::{Caller, Encoder, Link, Path, Receiver, Seen, Wish, World};

const TICK: Duration = Duration::from_micros(500);
const FRAME: Duration = Duration::from_nanos(33_333_333);
/// Bits per second of a publisher's one layer, and of a simulcasting publisher's three.
const RATE: usize = 2_100_000;
const RATES: [usize; 3] = [150_000, 600_000, 2_100_000];

fn server() -> SocketAddr {
    "192.0.2.1:5000".parse().unwrap()
}

fn secs(seconds: f64) -> Instant {
    origin() + Duration::from_secs_f64(seconds)
}

/// What one viewer went through.
struct Outcome {
    seen: Seen,
    /// (moment, estimate) whenever it was looked at, ten times a second.
    estimates: Vec<(Instant, Option<u64>)>,
}

impl Outcome {
    /// Estimates in Mbit/s between two seconds.
    fn estimates(&self, from: f64, to: f64) -> Vec<f64> {
        let within = |at: &Instant| (secs(from)..secs(to)).contains(at);
        let estimates = self.estimates.iter().filter(|(at, _)| within(at));
        estimates
            .map(|(_, estimate)| estimate.expect("it reports") as f64 / 1e6)
            .collect()
    }

    /// Pictures shown between two seconds.
    fn shown(&self, from: f64, to: f64) -> usize {
        let within = |at: &Instant| (secs(from)..secs(to)).contains(at);
        let shown = self.seen.shown.iter();
        shown.filter(|(at, _)| within(at)).count()
    }

    fn print(&self, name: &str) {
        let seen = &self.seen;
        let last = self.estimates.last().and_then(|(_, estimate)| *estimate);
        eprintln!(
            "{name}: {} frames (layers {:?}), frozen {:.2} s (longest {:.2}), {} NACKed, {} RTX, \
             {} PLI, estimate {:.2} Mbit/s; {}",
            seen.frames,
            seen.layers,
            seen.frozen.as_secs_f64(),
            seen.longest.as_secs_f64(),
            seen.nacks,
            seen.rtx,
            seen.plis,
            last.unwrap_or(0) as f64 / 1e6,
            self.layers(),
        );
    }

    /// The layers shown one after the other, each with the second of its first picture.
    fn layers(&self) -> String {
        let mut layers = String::new();
        let mut last = None;
        for (at, layer) in &self.seen.shown {
            if last.replace(*layer) != Some(*layer) {
                let second = (*at - origin()).as_secs_f64();
                layers += &format!("layer {layer} at {second:.1} s, ");
            }
        }
        layers
    }
}

/// One show.
struct Show {
    world: World,
    track: TrackId,
    /// One per layer.
    encoders: Vec<Encoder>,
    next_frame: Instant,
    receivers: Vec<Receiver>,
    outcomes: Vec<Outcome>,
    sessions: Vec<SessionId>,
    next_look: Instant,
}

impl Show {
    /// One viewer per path, and a publisher with layers of these rates.
    fn new(seed: u64, rates: &[usize], paths: Vec<Vec<(Instant, Path)>>) -> Show {
        let mut world = World::new(server());
        let count = paths.len();
        let mut links: Vec<_> = (seed..)
            .zip(paths)
            .map(|(seed, phases)| Link::new(seed, phases))
            .collect();
        world.route = Box::new(move |now, place, bytes| links[place].route(now, bytes));
        let now = world.now();
        let track = publish(&mut world.sfu, now, 1, 0, Codec::Vp8);
        let mut show = Show {
            world,
            track,
            encoders: (0..)
                .zip(rates)
                .map(|(n, rate)| Encoder::new(n, *rate))
                .collect(),
            next_frame: origin(),
            receivers: Vec::new(),
            outcomes: Vec::new(),
            sessions: Vec::new(),
            next_look: origin(),
        };
        for place in 0..count {
            let address = ([198, 51, 100, 1 + place as u8], 40_000).into();
            let caller = Caller::new(Wish::View, address).reporting();
            let (place, session) = show.world.admit(Wish::View, caller);
            let answer = show.world.callers[place].answer().to_owned();
            show.receivers.push(Receiver::new(origin(), &answer));
            show.outcomes.push(Outcome {
                seen: Seen::default(),
                estimates: Vec::new(),
            });
            show.sessions.push(session);
        }
        show
    }

    fn run(&mut self, until: f64) {
        while self.world.now().instant < secs(until) {
            self.tick();
        }
        for (outcome, receiver) in self.outcomes.iter_mut().zip(&self.receivers) {
            outcome.seen = receiver.seen.clone();
        }
    }

    fn tick(&mut self) {
        self.world.run(TICK);
        let now = self.world.now();
        let up = &self.world.sfu.tracks[&self.track].up;
        for (n, encoder) in (0..).zip(&mut self.encoders) {
            if up.layer(n).is_some_and(|layer| layer.throttle.is_asked()) {
                encoder.want_key();
            }
        }
        if now.instant >= self.next_frame {
            self.next_frame += FRAME;
            self.publish(now);
        }
        for (place, receiver) in self.receivers.iter_mut().enumerate() {
            let caller = &mut self.world.callers[place];
            assert_eq!(caller.forged, 0, "everything authenticates");
            for rtp in std::mem::take(&mut caller.media) {
                receiver.media(now.instant, &rtp);
            }
            if !caller.connected {
                continue;
            }
            for compound in receiver.reports(now.instant) {
                let datagram = self.world.callers[place].rtcp(&compound);
                self.world.send(place, datagram);
            }
        }
        if now.instant >= self.next_look {
            self.next_look += Duration::from_millis(100);
            for (outcome, session) in self.outcomes.iter_mut().zip(&self.sessions) {
                let index = self.world.sfu.sessions[session];
                let estimate = self.world.sfu.viewers[index].congestion.estimate();
                outcome.estimates.push((now.instant, estimate));
            }
        }
    }

    /// A frame; every tenth packet comes twice, and every fifth frame's middle packets in the
    /// wrong order.
    fn publish(&mut self, now: Now) {
        for layer in 0..self.encoders.len() {
            self.publish_layer(now, layer);
        }
        self.world.pump();
    }

    fn publish_layer(&mut self, now: Now, layer: usize) {
        let mut packets = self.encoders[layer].encode(now.instant);
        if packets[0].seq.is_multiple_of(5) && packets.len() > 3 {
            packets.swap(1, 2);
        }
        for packet in packets {
            let twice = packet.seq.is_multiple_of(10).then(|| packet.clone());
            self.world.sfu.forward(now, self.track, layer as u8, packet);
            if let Some(again) = twice {
                self.world.sfu.forward(now, self.track, layer as u8, again);
            }
        }
    }
}

/// Three viewers behind the same kind of path, with different luck.
fn watch(name: &str, seconds: f64, phases: &[(f64, Path)]) -> Vec<Outcome> {
    let phases: Vec<_> = phases.iter().map(|(at, path)| (secs(*at), *path)).collect();
    let mut show = Show::new(7, &[RATE], vec![phases; 3]);
    show.run(seconds);
    for outcome in &show.outcomes {
        outcome.print(name);
    }
    show.outcomes
}

#[test]
fn a_good_path_shows_every_frame() {
    for outcome in watch("5 Mbit/s", 12.0, &[(0.0, Path::of(5e6))]) {
        assert_eq!(outcome.seen.frozen, Duration::ZERO);
        assert!(
            outcome.shown(2.0, 12.0) >= 298,
            "{}",
            outcome.shown(2.0, 12.0)
        );
        for estimate in outcome.estimates(3.0, 12.0) {
            assert!((1.8..5.0).contains(&estimate), "{estimate}");
        }
    }
}

#[test]
fn losses_are_repaired_before_anybody_sees_them() {
    for (percent, frozen) in [(1, 0.0), (5, 0.6), (10, 4.0)] {
        let path = Path {
            loss: f64::from(percent) / 100.0,
            ..Path::of(5e6)
        };
        for outcome in watch(&format!("{percent} % lost"), 20.0, &[(0.0, path)]) {
            let seen = &outcome.seen;
            assert!(seen.nacks > 0 && seen.rtx > 0);
            assert!(seen.frozen.as_secs_f64() <= frozen, "{:?}", seen.frozen);
            assert!(
                outcome.shown(2.0, 20.0) >= 520,
                "{}",
                outcome.shown(2.0, 20.0)
            );
            for estimate in outcome.estimates(4.0, 20.0) {
                assert!((1.0..7.5).contains(&estimate), "{estimate}");
            }
        }
    }
}

#[test]
fn jitter_and_reordering_cost_nothing() {
    let path = Path {
        jitter: Duration::from_millis(15),
        late: 0.02,
        ..Path::of(6e6)
    };
    for outcome in watch("jitter and reordering", 15.0, &[(0.0, path)]) {
        assert_eq!(outcome.seen.frozen, Duration::ZERO);
        assert!(outcome.shown(2.0, 15.0) >= 385);
        for estimate in outcome.estimates(4.0, 15.0) {
            assert!((1.5..6.5).contains(&estimate), "{estimate}");
        }
    }
}

#[test]
fn a_path_that_narrows_is_noticed_and_used_again() {
    let phases = [
        (0.0, Path::of(3e6)),
        (10.0, Path::of(0.5e6)),
        (20.0, Path::of(3e6)),
    ];
    for outcome in watch("3, 0.5, 3 Mbit/s", 30.0, &phases) {
        // Up to one and a half times what has been seen to arrive: nobody wants more, so nobody
        // has looked where the limit is.
        for estimate in outcome.estimates(5.0, 10.0) {
            assert!((1.5..4.2).contains(&estimate), "{estimate}");
        }
        for estimate in outcome.estimates(12.5, 20.0) {
            assert!((0.2..0.8).contains(&estimate), "{estimate}");
        }
        let recovered = outcome.estimates(20.0, 30.0);
        let after = recovered.iter().position(|estimate| *estimate > 2.0);
        assert!(after.is_some_and(|tenths| tenths < 50), "{after:?}");
        let picture = outcome.seen.shown.iter().find(|(at, _)| *at > secs(20.5));
        assert!(
            picture.is_some_and(|(at, _)| *at < secs(23.5)),
            "{picture:?}"
        );
        assert!(
            outcome.shown(25.0, 30.0) >= 145,
            "{}",
            outcome.shown(25.0, 30.0)
        );
    }
}

#[test]
fn a_viewer_that_changes_its_address_goes_on() {
    let path = Path {
        loss: 0.01,
        ..Path::of(5e6)
    };
    let mut show = Show::new(11, &[RATE], vec![vec![(origin(), path)]; 2]);
    show.run(5.0);
    // Its old address answers nobody; the next check, within half a second, comes from the new.
    show.world.callers[0].address = ([203, 0, 113, 9], 50_000).into();
    show.run(12.0);
    for (outcome, name) in show.outcomes.iter().zip(["moved", "stayed"]) {
        outcome.print(name);
    }
    let [moved, stayed] = &show.outcomes[..] else {
        unreachable!("two viewers")
    };
    assert!(
        moved.seen.longest < Duration::from_millis(1_800),
        "{:?}",
        moved.seen.longest
    );
    assert!(moved.shown(7.5, 12.0) >= 130);
    assert!(stayed.seen.frozen < Duration::from_millis(400));
}

/// What `str0m` tells a publisher: arrivals every 50 ms or so, losses every second.
#[test]
fn a_publisher_hears_when_its_packets_arrive() {
    use rtc_rtcp::packet::unmarshal;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
    let mut world = World::new(server());
    let caller = Caller::new(Wish::Publish, ([198, 51, 100, 1], 40_000).into()).reporting();
    let (place, _) = world.admit(Wish::Publish, caller);
    assert!(world.run_until(Duration::from_secs(3), |world| world.callers[0].connected));
    let answer = world.callers[place].answer();
    assert!(answer.contains("a=rtcp-fb:96 transport-cc"), "{answer}");
    assert!(answer.contains("a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport"));
    for n in 0..60 {
        let packet = world.callers[place].packet(n == 0);
        world.send(place, packet);
        world.run(Duration::from_millis(33));
    }
    let (mut told, mut reports) = (0, 0);
    for compound in &world.callers[place].reports {
        for packet in unmarshal(&mut compound.as_slice()).unwrap() {
            if let Some(report) = packet.as_any().downcast_ref::<TransportLayerCc>() {
                told += usize::from(report.packet_status_count);
                reports += 1;
            }
        }
    }
    assert!(
        (55..=60).contains(&told),
        "{told} packets told about in {reports} reports"
    );
    assert!((20..=60).contains(&reports), "{reports} in two seconds");
}

/// With layers a narrow path costs sharpness instead of the picture, and only while it is narrow.
#[test]
fn a_simulcast_viewer_falls_to_a_lower_layer_and_is_back_at_the_best() {
    let rough = |path: Path| Path {
        loss: 0.01,
        jitter: Duration::from_millis(8),
        ..path
    };
    let paths = [
        ("4, 0.5, 4 Mbit/s", 4e6, (|path| path) as fn(Path) -> Path),
        ("3, 0.5, 3 Mbit/s", 3e6, |path| path),
        ("4, 0.5, 4 Mbit/s, rough", 4e6, rough),
    ];
    let phases = paths.map(|(_, wide, of)| {
        let phases = [(0.0, wide), (10.0, 0.5e6), (20.0, wide)];
        let phases = phases.map(|(at, capacity)| (secs(at), of(Path::of(capacity))));
        phases.to_vec()
    });
    let mut show = Show::new(7, &RATES, phases.to_vec());
    show.run(35.0);
    for (outcome, (name, ..)) in show.outcomes.iter().zip(paths) {
        outcome.print(name);
        let layers = |from: f64, to: f64| {
            let within = |at: &Instant| (secs(from)..secs(to)).contains(at);
            let shown = outcome.seen.shown.iter().filter(|(at, _)| within(at));
            let layers: Vec<u8> = shown.map(|(_, layer)| *layer).collect();
            layers
        };
        let best = |from, to| layers(from, to).iter().all(|layer| *layer == 2);
        assert!(best(8.0, 10.0), "{name}: the best");
        let narrow = layers(14.0, 20.0);
        assert!(narrow.iter().all(|layer| *layer < 2), "{name}");
        assert!(narrow.len() > 120, "{} frames in six seconds", narrow.len());
        assert!(
            outcome.seen.longest < Duration::from_secs(4),
            "{:?}",
            outcome.seen.longest
        );
        assert!(best(30.0, 35.0), "{name}: the best again, and to stay");
        assert!(layers(30.0, 35.0).len() > 145, "{name}");
    }
}
