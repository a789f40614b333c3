//! Peers on real networks: handshakes under loss, new addresses, silence, IPv6.

use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::handle::{Closed, Event};
use crate::limits::{CONSENT_TIMEOUT, HANDSHAKE_MAX};
use crate::testing::{Caller, Wish, World};

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn server() -> SocketAddr {
    "127.0.0.1:5000".parse().unwrap()
}

pub(super) fn peer_at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 2], port))
}

fn lossy(world: &mut World, percent: u32, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    world.lose = Box::new(move || random.random_range(0..100) < percent);
}

/// Fifty seeds for each side, role and loss. Both ends run `dimpl`, ours by our deadlines. Its keys are
/// random, and so are the lengths of flights: where three datagrams of ten are lost, one handshake in
/// some two thousand is not done in time.
#[test]
fn dtls_completes_under_loss() {
    for (percent, late_max) in [(10, 0), (30, 2)] {
        let mut slowest = Duration::ZERO;
        let mut late = Vec::new();
        for seed in 0..50 {
            for wish in [Wish::View, Wish::Publish] {
                for passive in [false, true] {
                    let mut world = World::new(server());
                    lossy(&mut world, percent, seed);
                    let caller = Caller::new(wish, peer_at(10));
                    let caller = if passive { caller.passive() } else { caller };
                    let begun = world.now().instant;
                    let (place, _) = world.admit(wish, caller);
                    let done = |world: &World| {
                        let is_up = |event: &Event| matches!(event, Event::Connected { .. });
                        world.callers[place].connected && world.events.iter().any(is_up)
                    };
                    if !world.run_until(HANDSHAKE_MAX, done) {
                        late.push((seed, wish, passive));
                    }
                    slowest = slowest.max(world.now().instant - begun);
                }
            }
        }
        assert!(late.len() <= late_max, "{percent} % loss: {late:?}");
        eprintln!("slowest handshake at {percent} % loss: {slowest:?}");
    }
}

/// A publisher and a viewer that sees its picture.
fn show() -> (World, usize, usize) {
    let mut world = World::new(server());
    let (publisher, _) = world.admit(Wish::Publish, Caller::new(Wish::Publish, peer_at(10)));
    let (viewer, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(11)));
    let both =
        |world: &World| world.callers[publisher].connected && world.callers[viewer].connected;
    assert!(world.run_until(5 * SECOND, both));
    world.run(Duration::from_millis(100));
    (world, publisher, viewer)
}

/// Publishes `frames`, 33 ms apart; how many of them the viewer got.
pub(super) fn play(world: &mut World, publisher: usize, viewer: usize, frames: usize) -> usize {
    let before = world.callers[viewer].media.len();
    for n in 0..frames {
        let packet = world.callers[publisher].packet(n == 0);
        world.send(publisher, packet);
        world.run(Duration::from_millis(33));
    }
    world.run(Duration::from_millis(100));
    world.callers[viewer].media.len() - before
}

#[test]
fn media_follows_a_viewer_to_its_new_address() {
    let (mut world, publisher, viewer) = show();
    assert_eq!(play(&mut world, publisher, viewer, 10), 10);
    // A NAT gives it another port; its next check nominates the path, as Chromium's do.
    world.callers[viewer].address = peer_at(12);
    let check = world.callers[viewer].check(true);
    world.send(viewer, check);
    world.run(Duration::from_millis(50));
    world.astray.clear();
    assert_eq!(play(&mut world, publisher, viewer, 30), 30);
    assert!(world.astray.is_empty(), "nothing goes to the old address");
    // Its reports are heard from there too: a picture loss indication reaches the publisher.
    let index = world.sfu.viewers.iter().next().unwrap().0;
    let place = world.sfu.viewers[index].cold.slots[0].1;
    let ssrc = world.sfu.downtracks[place].ssrc().to_be_bytes();
    let nack = [&[0x81, 206, 0, 2, 0, 0, 0, 1], &ssrc[..]].concat();
    let datagram = world.callers[viewer].rtcp(&nack);
    let dropped = world.stats().datagrams_dropped;
    world.send(viewer, datagram);
    world.run(Duration::from_millis(50));
    assert_eq!(world.stats().datagrams_dropped, dropped);
}

/// aiortc's consent checks nominate nothing: the silence of the old path tells.
#[test]
fn media_follows_a_viewer_that_nominates_nothing() {
    let (mut world, publisher, viewer) = show();
    world.checks = None;
    let report = world.callers[viewer].report();
    world.send(viewer, report);
    assert_eq!(play(&mut world, publisher, viewer, 10), 10);
    world.callers[viewer].address = peer_at(12);
    world.run(4 * SECOND);
    let check = world.callers[viewer].check(false);
    world.send(viewer, check);
    world.run(Duration::from_millis(50));
    assert_eq!(play(&mut world, publisher, viewer, 30), 30);
    // But a spare pair's check does not move media while reports come over the one in use.
    let report = world.callers[viewer].report();
    world.send(viewer, report);
    world.run(SECOND);
    let spare = world.callers[viewer].check(false);
    world.send_from(peer_at(13), spare);
    world.run(Duration::from_millis(50));
    assert_eq!(play(&mut world, publisher, viewer, 10), 10);
}

#[test]
fn a_publisher_moves_and_goes_on_and_is_spoken_to_at_its_new_address() {
    let (mut world, publisher, viewer) = show();
    assert_eq!(play(&mut world, publisher, viewer, 10), 10);
    world.callers[publisher].address = peer_at(20);
    let check = world.callers[publisher].check(true);
    world.send(publisher, check);
    world.run(Duration::from_millis(50));
    world.astray.clear();
    let heard = world.callers[publisher].reports.len();
    assert_eq!(play(&mut world, publisher, viewer, 300), 300);
    assert!(
        world.callers[publisher].reports.len() > heard,
        "reports follow"
    );
    assert!(world.astray.is_empty(), "nothing goes to the old address");
}

fn ended(world: &World, why: Closed) -> usize {
    let is_end = |event: &&Event| matches!(event, Event::Closed { reason, .. } if *reason == why);
    world.events.iter().filter(is_end).count()
}

/// RFC 7675: without fresh consent a session ends after 30 s, whichever side it is.
#[test]
fn who_falls_silent_is_gone_after_thirty_seconds() {
    let (mut world, publisher, _) = show();
    // Checks go on: nobody is sent away while they come, though no media flows.
    world.run(2 * CONSENT_TIMEOUT);
    assert_eq!(ended(&world, Closed::Timeout), 0);
    world.checks = None;
    world.run(CONSENT_TIMEOUT - 2 * SECOND);
    assert_eq!(ended(&world, Closed::Timeout), 0);
    // A stranger's datagrams, and forged ones from the right address, are no sign of life.
    for _ in 0..4 {
        let mut forged = world.callers[publisher].packet(false);
        forged[20] ^= 1;
        world.send(publisher, forged);
        world.run(SECOND);
    }
    assert_eq!(ended(&world, Closed::Timeout), 2);
    assert_eq!(world.sfu.demux.known(), 0);
    assert!(world.sfu.viewers.is_empty() && world.sfu.publishers.is_empty());
}

/// Who checks for ever and never shakes hands holds a place that another could use.
#[test]
fn who_never_shakes_hands_is_gone_too() {
    for wish in [Wish::View, Wish::Publish] {
        let mut world = World::new(server());
        let (place, _) = world.admit(wish, Caller::new(wish, peer_at(10)));
        world.lose = Box::new(|| true);
        for _ in 0..70 {
            let check = world.callers[place].check(true);
            let now = world.now();
            world
                .sfu
                .handle_datagram(now, peer_at(10), server(), &check);
            world.pump();
            world.run(SECOND);
        }
        assert_eq!(ended(&world, Closed::Failed), 1, "{wish:?}");
    }
}

#[test]
fn ipv6_works_from_end_to_end() {
    let local: SocketAddr = "[2001:db8::1]:5000".parse().unwrap();
    let mut world = World::new(local);
    let at = |n: u16| format!("[2001:db8::2]:{n}").parse().unwrap();
    let (publisher, _) = world.admit(Wish::Publish, Caller::new(Wish::Publish, at(10)));
    let (viewer, _) = world.admit(Wish::View, Caller::new(Wish::View, at(11)));
    let both =
        |world: &World| world.callers[publisher].connected && world.callers[viewer].connected;
    assert!(world.run_until(5 * SECOND, both));
    assert_eq!(play(&mut world, publisher, viewer, 30), 30);
}

/// From the offer to the first picture, where there was one to show when DTLS came up: waiting for
/// the show to begin is no slow join.
#[test]
fn a_join_is_timed_until_its_first_picture() {
    let mut world = World::new(server());
    let join = |world: &mut World, wish, port| {
        let (place, _) = world.admit(wish, Caller::new(wish, peer_at(port)));
        assert!(world.run_until(5 * SECOND, |world| world.callers[place].connected));
        world.run(SECOND);
        place
    };
    let early = join(&mut world, Wish::View, 10);
    let host = join(&mut world, Wish::Publish, 11);
    let packet = world.callers[host].packet(true);
    world.send(host, packet);
    world.run(SECOND);
    assert_eq!(world.callers[early].media.len(), 1);
    assert_eq!(world.stats().join_shown.counts.iter().sum::<u64>(), 0);
    let late = join(&mut world, Wish::View, 12);
    assert_eq!(world.callers[late].media.len(), 1, "from the ring");
    let (shown, secured) = (world.stats().join_shown, world.stats().join_secured);
    assert_eq!(shown.counts.iter().sum::<u64>(), 1);
    assert!(shown.sum > 0 && shown.sum < secured.sum);
}
