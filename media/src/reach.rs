//! The start-up self-test: can media be reached, as far as this host can tell?

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// A datagram that belongs nowhere: it is dropped and counted, and so shows that it arrived.
const PROBE: &[u8] = b"\xffvitrine self-test";

/// How long a probe may take, looked at this often.
const LOOKS: usize = 30;
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Sends a probe to each address; `dropped` tells what the workers have dropped so far.
pub(crate) fn probe(
    addresses: &[SocketAddr],
    dropped: impl Fn() -> u64,
) -> Vec<(SocketAddr, bool)> {
    let reached = addresses.iter().map(|address| {
        let before = dropped();
        let sent = send(*address).is_ok();
        let arrived = sent
            && (0..LOOKS).any(|_| {
                std::thread::sleep(LOOK_INTERVAL);
                dropped() > before
            });
        (*address, arrived)
    });
    reached.collect()
}

fn send(to: SocketAddr) -> std::io::Result<usize> {
    let from = match to {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    UdpSocket::bind(from)?.send_to(PROBE, to)
}
