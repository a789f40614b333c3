//! Which connection a datagram belongs to. An address is learned only from a STUN request with
//! valid integrity, never from media or DTLS.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use crate::handle::SessionId;
use crate::limits::PATHS_MAX;

/// What a datagram holds, by its first byte (RFC 7983 §7, RFC 5761 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// STUN.
    Stun,
    /// DTLS.
    Dtls,
    /// SRTP.
    Rtp,
    /// SRTCP.
    Rtcp,
}

impl Content {
    pub(crate) fn of(datagram: &[u8]) -> Option<Content> {
        match *datagram.first()? {
            0..=3 => Some(Content::Stun),
            20..=63 => Some(Content::Dtls),
            128..=191 => match *datagram.get(1)? {
                192..=223 => Some(Content::Rtcp),
                _ => Some(Content::Rtp),
            },
            _ => None,
        }
    }
}

/// A connection of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    /// A publisher.
    Publisher(SessionId),
    /// A viewer, by its place in the worker's table.
    Viewer(usize),
}

/// ICE credentials of a connection.
#[derive(Debug, Clone)]
struct Account {
    peer: Peer,
    password: String,
}

/// The tables.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    accounts: HashMap<String, Account>,
    addresses: HashMap<SocketAddr, Peer>,
    /// Validated addresses of each peer, oldest first.
    paths: HashMap<Peer, VecDeque<SocketAddr>>,
}

impl Demux {
    /// Makes a connection findable by its local ufrag.
    pub(crate) fn insert(&mut self, ufrag: &str, password: &str, peer: Peer) {
        self.accounts.insert(
            ufrag.to_owned(),
            Account {
                peer,
                password: password.to_owned(),
            },
        );
    }

    pub(crate) fn contains(&self, ufrag: &str) -> bool {
        self.accounts.contains_key(ufrag)
    }

    /// The connection and password of a ufrag.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<(Peer, &str)> {
        self.accounts
            .get(ufrag)
            .map(|account| (account.peer, account.password.as_str()))
    }

    /// Learns an address of `peer`; call only after an integrity check.
    pub(crate) fn learn(&mut self, address: SocketAddr, peer: Peer) {
        match self.addresses.insert(address, peer) {
            Some(known) if known == peer => return,
            Some(other) => {
                // The same address and port now belongs to another connection (a reload).
                if let Some(paths) = self.paths.get_mut(&other) {
                    paths.retain(|path| *path != address);
                }
            }
            None => {}
        }
        let paths = self.paths.entry(peer).or_default();
        paths.push_back(address);
        if paths.len() > PATHS_MAX
            && let Some(oldest) = paths.pop_front()
        {
            self.addresses.remove(&oldest);
        }
    }

    pub(crate) fn by_address(&self, address: SocketAddr) -> Option<Peer> {
        self.addresses.get(&address).copied()
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, ufrag: &str, peer: Peer) {
        self.accounts.remove(ufrag);
        for address in self.paths.remove(&peer).unwrap_or_default() {
            self.addresses.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        let cases: [(&[u8], Option<Content>); 8] = [
            (&[0, 1], Some(Content::Stun)),
            (&[22, 254], Some(Content::Dtls)),
            (&[0x80, 96], Some(Content::Rtp)),
            (&[0x90, 0x80 | 111], Some(Content::Rtp)),
            (&[0x81, 201], Some(Content::Rtcp)),
            (&[0x80], None),
            (&[71], None),
            (&[], None),
        ];
        for (datagram, content) in cases {
            assert_eq!(Content::of(datagram), content, "{datagram:?}");
        }
    }

    #[test]
    fn an_address_follows_the_newest_connection_and_the_oldest_path_is_forgotten() {
        let mut demux = Demux::default();
        let (old, new) = (Peer::Viewer(1), Peer::Viewer(2));
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        demux.learn(address(1), old);
        demux.learn(address(1), new);
        demux.remove("old", old);
        assert_eq!(demux.by_address(address(1)), Some(new));
        for port in 2..=PATHS_MAX as u16 + 1 {
            demux.learn(address(port), new);
        }
        assert_eq!(demux.by_address(address(1)), None);
        assert_eq!(demux.by_address(address(2)), Some(new));
    }
}
