//! Real sockets: media over TCP alone, on both families, and guests without manners.
#![allow(
    clippy::disallowed_methods,
    reason = "the peers here are the outside world"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::framing::{Deframer, frame};
use crate::handle::{Event, Media, MediaConfig, RoomId, Source};
use crate::limits::{TCP_PENDING_MAX, TCP_PENDING_PER_ADDRESS_MAX};
use crate::testing::{Caller, Wish};

/// Longer than any of these exchanges takes on a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(bind: IpAddr, workers: usize) -> (Runtime, Media, tokio::sync::mpsc::Receiver<Event>) {
    let config = MediaConfig {
        bind,
        port: 0,
        tcp_port: Some(0),
        workers,
        public_addresses: vec![],
    };
    let (media, events) = Media::start(config).unwrap();
    (Runtime::new().unwrap(), media, events)
}

/// A caller and its connection.
struct Guest {
    caller: Caller,
    stream: TcpStream,
    deframer: Deframer,
    checked: Instant,
}

/// The server's address for TCP, from an answer that must hold UDP candidates too.
fn tcp_candidate(answer: &str) -> SocketAddr {
    let candidates = |proto: &str| {
        let of = |line: &&str| line.split(' ').nth(2) == Some(proto);
        let lines = answer
            .lines()
            .filter(|line| line.starts_with("a=candidate"));
        lines.filter(of).map(str::to_owned).collect::<Vec<_>>()
    };
    let (udp, tcp) = (candidates("udp"), candidates("tcp"));
    assert_eq!(udp.len(), tcp.len());
    assert!(tcp[0].contains(" typ host tcptype passive"), "{tcp:?}");
    let fields: Vec<_> = tcp[0].split(' ').collect();
    let priority = |line: &str| line.split(' ').nth(3).unwrap().parse::<u32>().unwrap();
    assert!(priority(&tcp[0]) < priority(&udp[0]), "UDP is better");
    SocketAddr::new(fields[4].parse().unwrap(), fields[5].parse().unwrap())
}

impl Guest {
    fn new(runtime: &Runtime, media: &Media, wish: Wish) -> Guest {
        let mut caller = Caller::new(wish, "127.0.0.1:9".parse().unwrap());
        let (room, offer) = (RoomId("show".into()), caller.offer());
        let source = Source {
            owner: "host".into(),
        };
        let session = match wish {
            Wish::View => runtime.block_on(media.view(&room, offer)),
            Wish::Publish => runtime.block_on(media.publish(&room, source, offer)),
        };
        let answer = session.unwrap().answer;
        caller.accept(Instant::now(), &answer);
        let stream = connect(tcp_candidate(&answer));
        Guest {
            caller,
            stream,
            deframer: Deframer::new(),
            checked: Instant::now() - Duration::from_secs(1),
        }
    }

    fn send(&mut self, datagram: &[u8]) {
        let mut bytes = Vec::new();
        frame(&mut bytes, datagram);
        self.stream.write_all(&bytes).unwrap();
    }

    fn poll(&mut self) {
        let now = Instant::now();
        if now > self.checked + Duration::from_millis(500) {
            self.checked = now;
            let check = self.caller.check(true);
            self.send(&check);
        }
        match self.stream.read(self.deframer.space()) {
            Ok(0) => panic!("the server hung up"),
            Ok(bytes) => self.deframer.filled(bytes),
            Err(error) => assert!(is_quiet(&error), "{error}"),
        }
        while let Some(datagram) = self.deframer.next().unwrap() {
            let first = self.caller.answers == 0;
            self.caller.handle(now, datagram);
            if first && self.caller.answers > 0 {
                self.caller.handle_timeout(now);
            }
        }
        if self.caller.deadline().is_some_and(|at| at <= now) {
            self.caller.handle_timeout(now);
        }
        for datagram in self.caller.take() {
            self.send(&datagram);
        }
    }
}

fn is_quiet(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    let timeout = Some(Duration::from_millis(1));
    stream.set_read_timeout(timeout).unwrap();
    stream
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// A publisher and viewers on different workers, none of them with UDP.
fn show(bind: IpAddr) {
    let (runtime, media, _events) = start(bind, 2);
    let mut publisher = Guest::new(&runtime, &media, Wish::Publish);
    let mut viewers = [(); 2].map(|()| Guest::new(&runtime, &media, Wish::View));
    until("all connect", || {
        publisher.poll();
        viewers.iter_mut().for_each(Guest::poll);
        publisher.caller.connected && viewers.iter().all(|viewer| viewer.caller.connected)
    });
    for n in 0..50 {
        let packet = publisher.caller.packet(n == 0);
        publisher.send(&packet);
        publisher.poll();
    }
    until("all frames arrive", || {
        publisher.poll();
        viewers.iter_mut().for_each(Guest::poll);
        viewers.iter().all(|viewer| viewer.caller.media.len() >= 50)
    });
    assert_eq!(media.stats().datagrams_dropped, 0);
    // Who is told goodbye asks nothing any more: the connection may be closed already.
    viewers[0].checked = Instant::now() + PATIENCE;
    runtime.block_on(media.shutdown());
    until("the server says goodbye", || {
        let viewer = &mut viewers[0];
        if !viewer.caller.ended {
            viewer.poll();
        }
        viewer.caller.ended
    });
}

#[test]
fn a_show_without_udp() {
    show([127, 0, 0, 1].into());
}

#[test]
fn a_show_without_udp_over_ipv6() {
    show("::1".parse().unwrap());
}

/// Whether the server closes the connection within a second.
fn is_closed(stream: &mut TcpStream) -> bool {
    let until = Instant::now() + Duration::from_secs(1);
    let mut buffer = [0; 64];
    while Instant::now() < until {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Err(error) if !is_quiet(&error) => return true,
            _ => {}
        }
    }
    false
}

#[test]
fn who_has_no_credentials_is_closed_and_cannot_fill_the_house() {
    let (runtime, media, _events) = start([127, 0, 0, 1].into(), 1);
    let mut guest = Guest::new(&runtime, &media, Wish::View);
    until("it connects", || {
        guest.poll();
        guest.caller.connected
    });
    let server = guest.stream.peer_addr().unwrap();
    // Not STUN, and a frame longer than any datagram: closed at once.
    for junk in [&b"\x00\x05GET /"[..], &[0xff, 0xff, 0, 1]] {
        let mut stream = connect(server);
        stream.write_all(junk).unwrap();
        assert!(is_closed(&mut stream));
    }
    // Silent connections fill the waiting places of their address, and no more.
    let mut silent: Vec<_> = (0..TCP_PENDING_PER_ADDRESS_MAX + 8)
        .map(|_| connect(server))
        .collect();
    let refused = silent.split_off(TCP_PENDING_PER_ADDRESS_MAX);
    for mut stream in refused {
        assert!(is_closed(&mut stream), "beyond the limit");
    }
    const { assert!(TCP_PENDING_PER_ADDRESS_MAX < TCP_PENDING_MAX) };
    // Who was let in before is not disturbed.
    let answers = guest.caller.answers;
    until("its checks are answered", || {
        guest.poll();
        guest.caller.answers > answers
    });
    // Their time is up after five seconds.
    until("the silent ones are closed", || {
        guest.poll();
        is_closed(&mut silent[0])
    });
}
