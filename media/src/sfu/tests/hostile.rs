//! Input from people who mean harm: forged sources, ClientHello races, floods, forged media.

use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rtc_stun::message::{CLASS_INDICATION, METHOD_BINDING, MessageType};

use crate::batch::Proto;
use crate::demux::Peer;
use crate::handle::Event;
use crate::testing::{Caller, Wish, World, check, live_bytes, stun};

const SECOND: Duration = Duration::from_secs(1);

fn server() -> SocketAddr {
    "127.0.0.1:5000".parse().unwrap()
}

fn peer_at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 2], port))
}

fn connected(world: &World, place: usize) -> bool {
    world.callers[place].connected
}

fn up(world: &World) -> usize {
    let is_up = |event: &&Event| matches!(event, Event::Connected { .. });
    world.events.iter().filter(is_up).count()
}

fn ends(world: &World) -> usize {
    let is_end = |event: &&Event| matches!(event, Event::Closed { .. });
    world.events.iter().filter(is_end).count()
}

/// A well-formed ClientHello of a stranger, and broken ones.
fn hellos() -> Vec<Vec<u8>> {
    let mut world = World::new(server());
    let (stranger, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(1)));
    let now = world.now().instant;
    world.callers[stranger].handle_timeout(now);
    let good = world.callers[stranger].take().remove(0);
    assert_eq!((good[0], good[13]), (22, 1), "a ClientHello");
    let with = |at: usize, bytes: &[u8]| {
        let mut hello = good.clone();
        hello[at..at + bytes.len()].copy_from_slice(bytes);
        hello
    };
    vec![
        // Client version DTLS 1.0, an absurd length, an absurd fragment, no compression method.
        with(25, &[254, 255]),
        with(14, &[0xff, 0xff, 0xff]),
        with(19, &[0xff, 0xff, 0xff]),
        good[..40].to_vec(),
        // Fatal alert handshake_failure, and close_notify, in the clear.
        vec![21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40],
        vec![21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0],
        good,
    ]
}

/// The race of 2023: whoever sends the first ClientHello gets the session or breaks it.
fn spray(wish: Wish, from_the_proven_address: bool) {
    let hellos = hellos();
    let mut world = World::new(server());
    let (place, _) = world.admit(wish, Caller::new(wish, peer_at(10)));
    let spray = |world: &mut World, port: u16, forged: &[Vec<u8>]| {
        for hello in &hellos {
            world.send_from(peer_at(port), hello.clone());
            world.send_from(SocketAddr::from(([10, 0, 0, 1], 10)), hello.clone());
        }
        for hello in forged {
            world.send(0, hello.clone());
        }
    };
    let forged = match from_the_proven_address {
        true => &hellos[..],
        false => &[],
    };
    // Before ICE, while ICE and DTLS are under way (a datagram takes 20 ms), and afterwards.
    for turn in 0..60 {
        spray(&mut world, 20 + turn, forged);
        world.run(Duration::from_millis(5));
    }
    assert!(
        world.run_until(20 * SECOND, |world| connected(world, place)),
        "{wish:?}: the handshake was broken"
    );
    world.run(SECOND);
    spray(&mut world, 99, forged);
    world.run(2 * SECOND);
    assert_eq!((up(&world), ends(&world)), (1, 0), "{wish:?}");
    assert!(!world.callers[place].ended);
    assert!(world.astray.is_empty(), "nobody else got an answer");
    assert_eq!(world.sfu.demux.known(), 1);
    let dropped = world.stats().datagrams_dropped;
    assert!(dropped >= 61 * 2 * hellos.len() as u64, "{dropped} counted");
}

#[test]
fn a_hello_from_elsewhere_is_not_heard() {
    spray(Wish::View, false);
    spray(Wish::Publish, false);
}

/// Even with the source address forged: alerts and hellos do not spoil a handshake, and none of
/// them ends a session.
#[test]
fn forged_hellos_and_alerts_do_not_end_a_viewer() {
    spray(Wish::View, true);
}

/// How long a viewer takes from its first check to media, when `forge` says each millisecond what
/// is sent in its name.
fn handshake(forge: impl Fn(u64) -> Vec<Vec<u8>>, lose: impl Fn(usize) -> bool + 'static) -> u64 {
    let mut world = World::new(server());
    let mut lost = false;
    world.route = Box::new(move |now, _, len| {
        let loses = !lost && lose(len);
        lost |= loses;
        (!loses).then_some(now + WAY)
    });
    let (place, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(10)));
    for ms in 0..1_000 {
        if connected(&world, place) {
            world.run(5 * SECOND);
            assert_eq!((up(&world), ends(&world)), (1, 0));
            return ms;
        }
        for datagram in forge(ms) {
            world.send(place, datagram);
        }
        world.run(Duration::from_millis(1));
    }
    panic!("the handshake is held up");
}

/// One way through the network of these tests, and the length of a HelloVerifyRequest.
const WAY: Duration = Duration::from_millis(20);
const QUESTION: usize = 60;

/// A hello that answers with a cookie of its own.
fn with_cookie(hello: &[u8], cookie: [u8; 32]) -> Vec<u8> {
    let mut hello = hello.to_vec();
    assert_eq!(hello[59..61], [0, 0], "no session, no cookie");
    hello.splice(60..61, [&[32], &cookie[..]].concat());
    for len in [12, 16, 24] {
        let value = u16::from_be_bytes([hello[len - 1], hello[len]]) + 32;
        hello[len - 1..=len].copy_from_slice(&value.to_be_bytes());
    }
    hello[18] = 1;
    hello
}

/// A check, its answer with the question behind it, the hello: three ways; three more to the end.
#[test]
fn a_viewer_is_asked_for_its_cookie_before_its_hello_comes() {
    let nothing = |_| Vec::new();
    assert_eq!(handshake(nothing, |_| false), 6 * 20 + 1);
    let asked_again = handshake(nothing, |len| len == QUESTION);
    assert_eq!(asked_again, 8 * 20 + 1, "the hello is answered by it too");
}

/// Whoever forges the proven address and is first, in the middle or everywhere: the viewer's own
/// handshake takes not a millisecond longer.
#[test]
fn a_hello_forged_from_the_proven_address_holds_nobody_up() {
    let alone = handshake(|_| Vec::new(), |_| false);
    let mut forged = hellos();
    let good = forged.last().expect("a good one").clone();
    for moment in 0..alone {
        let once = |ms| Vec::from_iter((ms == moment).then(|| good.clone()));
        assert_eq!(handshake(once, |_| false), alone, "forged at {moment} ms");
    }
    forged.push(with_cookie(&good, [7; 32]));
    let mut piece = with_cookie(&good, [7; 32]);
    piece.splice(19..25, [0, 0, 40, 0, 0, 8]);
    piece.truncate(25 + 8);
    piece[12] = 12 + 8;
    forged.push(piece);
    assert_eq!(handshake(|_| forged.clone(), |_| false), alone, "a spray");
}

/// Who forges hellos does not make us flood whose address it is.
#[test]
fn a_hello_without_the_cookie_is_answered_once_and_briefly() {
    let forged = hellos().pop().expect("a good one");
    let mut world = World::new(server());
    let (place, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(10)));
    world.route = Box::new(|_, _, _| None);
    world.run(Duration::from_millis(100));
    let now = world.now();
    let from = world.callers[place].address;
    world.sfu.handle_datagram(now, from, server(), &forged);
    let (_, answer) = world.sfu.outbound.control.pop_front().expect("answered");
    assert_eq!(answer.len(), QUESTION);
    assert!(answer.len() < forged.len());
    world.run(SECOND);
    assert!(world.sfu.outbound.control.is_empty(), "once");
}

/// Who took a neighbour's place in the handshake is not shown what the neighbour was let in for.
#[test]
fn another_certificate_than_announced_ends_a_viewer() {
    for passive in [false, true] {
        let mut world = World::new(server());
        let caller = Caller::new(Wish::View, peer_at(10)).impostor();
        let caller = if passive { caller.passive() } else { caller };
        world.admit(Wish::View, caller);
        world.run(5 * SECOND);
        assert_eq!((up(&world), ends(&world)), (0, 1), "passive: {passive}");
    }
}

#[test]
fn only_a_known_ufrag_with_its_password_is_answered_and_briefly() {
    let mut world = World::new(server());
    world.checks = None;
    let (place, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(10)));
    let crypto = world.sfu.crypto();
    let ufrag = world.callers[place].server_ufrag().to_owned();
    let good = world.callers[place].check(true);
    let cut = good[..good.len() - 12].to_vec();
    let password = world.callers[place].server_password().to_owned();
    let indication = MessageType::new(METHOD_BINDING, CLASS_INDICATION);
    let username = format!("{ufrag}:x");
    for bad in [
        check("nobody:x", &password, true, &*crypto),
        check(
            &format!("{ufrag}:x"),
            "0123456789012345678901",
            true,
            &*crypto,
        ),
        check(&ufrag, "0123456789012345678901", true, &*crypto),
        cut,
        stun(indication, &username, &password, true, &*crypto),
    ] {
        world.send(place, bad);
    }
    world.run(SECOND);
    assert_eq!(
        (world.callers[place].answers, world.sfu.demux.known()),
        (0, 0)
    );
    assert_eq!(world.stats().datagrams_dropped, 5);
    // IPv6 makes the longest answer.
    for (address, request) in [
        (peer_at(10), good.clone()),
        ("[::2]:10".parse().unwrap(), good),
    ] {
        let now = world.now();
        world.sfu.handle_datagram(now, address, server(), &request);
        let (_, answer) = world.sfu.outbound.control.pop_front().expect("answered");
        assert!(answer.len() <= 3 * request.len(), "{} bytes", answer.len());
    }
}

/// Strangers cost no memory: neither tables nor one allocation that stays.
#[test]
fn a_flood_of_sources_leaves_nothing_behind() {
    let mut world = World::new(server());
    let (place, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(10)));
    assert!(world.run_until(5 * SECOND, |world| connected(world, place)));
    world.run(SECOND);
    let hellos = hellos();
    let crypto = world.sfu.crypto();
    let stranger = check("nobody:x", "0123456789012345678901", true, &*crypto);
    let mut random = StdRng::seed_from_u64(7);
    let before = (world.sfu.demux.known(), world.sfu.deadline());
    let kept = live_bytes();
    for n in 0..100_000u32 {
        let source = SocketAddr::from((n.to_be_bytes(), random.random()));
        let junk: [u8; 40] = random.random();
        let bytes = match n % 4 {
            0 => &stranger[..],
            1 => &hellos[n as usize / 4 % hellos.len()],
            2 => &[&[0x80, 96], &junk[..]].concat(),
            _ => &junk,
        };
        let now = world.now();
        world.sfu.handle_datagram(now, source, server(), bytes);
    }
    let kept = live_bytes() - kept;
    assert_eq!(kept, 0, "bytes kept of 100 000 strangers");
    assert_eq!((world.sfu.demux.known(), world.sfu.deadline()), before);
    assert!(world.sfu.outbound.control.is_empty(), "and got no answer");
    assert_eq!(world.stats().datagrams_dropped, 100_000);
}

/// Credentials of one's own do not help: who forges a neighbour's address takes nothing away.
#[test]
fn an_address_in_use_cannot_be_taken() {
    let mut world = World::new(server());
    let (victim, session) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(10)));
    assert!(world.run_until(5 * SECOND, |world| connected(world, victim)));
    let (thief, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(11)));
    let forged = world.callers[thief].check(true);
    world.send(victim, forged);
    world.run(SECOND);
    let index = world.sfu.sessions[&session];
    assert_eq!(
        world.sfu.demux.by_address((peer_at(10), Proto::Udp)),
        Some(Peer::Viewer(index))
    );
}

/// What does not authenticate changes nothing: no address, no sequence, no consent.
#[test]
fn forged_media_is_dropped_and_nothing_is_learned_from_it() {
    let mut world = World::new(server());
    let (publisher, _) = world.admit(Wish::Publish, Caller::new(Wish::Publish, peer_at(10)));
    let (viewer, _) = world.admit(Wish::View, Caller::new(Wish::View, peer_at(11)));
    let both = |world: &World| connected(world, publisher) && connected(world, viewer);
    assert!(world.run_until(5 * SECOND, both));
    for n in 0..50 {
        let packet = world.callers[publisher].packet(n == 0);
        // The same packet with another sequence number and a broken tag; from a stranger too.
        let mut forged = packet.clone();
        forged[2] ^= 0x40;
        world.send(publisher, forged.clone());
        world.send_from(peer_at(66), forged.clone());
        world.send(viewer, forged);
        let report = world.callers[viewer].report();
        world.send_from(peer_at(66), report.clone());
        let mut broken = report;
        broken[9] ^= 1;
        world.send(viewer, broken);
        world.send(publisher, packet);
        world.run(Duration::from_millis(30));
    }
    world.run(SECOND);
    let caller = &world.callers[viewer];
    let seqs: Vec<_> = caller
        .media
        .iter()
        .map(|packet| u16::from_be_bytes([packet[2], packet[3]]))
        .collect();
    assert_eq!(seqs.len(), 50, "every true packet and no other");
    for pair in seqs.windows(2) {
        assert_eq!(pair[0].wrapping_add(1), pair[1]);
    }
    assert_eq!(caller.forged, 0);
    assert_eq!(world.sfu.demux.known(), 2);
    assert!(world.astray.is_empty());
    // From a stranger twice, to the viewer's session twice.
    assert_eq!(world.stats().datagrams_dropped, 4 * 50);
}

/// A packet that a caller might have sent, changed on the way.
fn forged(world: &mut World, place: usize, wish: Wish) -> Vec<u8> {
    let caller = &mut world.callers[place];
    match wish {
        Wish::View => {
            let mut report = caller.report();
            report[9] ^= 1;
            report
        }
        Wish::Publish => {
            let mut packet = caller.packet(false);
            packet[2] ^= 0x40;
            packet
        }
    }
}

/// Who has fallen silent is let go, however much is forged in his name.
#[test]
fn forged_packets_keep_nobody_alive() {
    for wish in [Wish::View, Wish::Publish] {
        let mut world = World::new(server());
        let (place, _) = world.admit(wish, Caller::new(wish, peer_at(10)));
        assert!(world.run_until(5 * SECOND, |world| connected(world, place)));
        world.checks = None;
        for _ in 0..40 {
            let forged = forged(&mut world, place, wish);
            world.send(place, forged);
            world.run(SECOND);
        }
        assert_eq!(ends(&world), 1, "{wish:?}");
    }
}

/// Nor do they hold a connection at an address that its peer has left.
#[test]
fn forged_packets_hold_nobody_where_he_was() {
    for wish in [Wish::View, Wish::Publish] {
        let mut world = World::new(server());
        let (place, session) = world.admit(wish, Caller::new(wish, peer_at(10)));
        assert!(world.run_until(5 * SECOND, |world| connected(world, place)));
        world.checks = None;
        world.callers[place].address = peer_at(12);
        for _ in 0..10 {
            let forged = forged(&mut world, place, wish);
            world.send_from(peer_at(10), forged);
            // Without nomination it moves when the old path is silent.
            let check = world.callers[place].check(false);
            world.send(place, check);
            world.run(SECOND / 2);
        }
        let path = match wish {
            Wish::View => world.sfu.viewers[world.sfu.sessions[&session]].path,
            Wish::Publish => world.sfu.publishers[&session].route.path(),
        };
        assert_eq!(path.map(|path| path.remote), Some(peer_at(12)), "{wish:?}");
    }
}
