//! Which connection a datagram belongs to. An address is learned only from a STUN request with
//! valid integrity, never from media or DTLS: sources that have proved nothing take no memory.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use crate::batch::Proto;
use crate::handle::SessionId;
use crate::limits::{ADDRESS_HELD, PATHS_MAX};

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

/// Where datagrams come from.
pub(crate) type Address = (SocketAddr, Proto);

/// Whose an address is.
#[derive(Debug, Clone, Copy)]
struct Holder {
    peer: Peer,
    /// Its last STUN request from there with valid integrity.
    checked: Instant,
}

/// The tables.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    accounts: HashMap<String, Account>,
    addresses: HashMap<Address, Holder>,
    /// Validated addresses of each peer, the one checked longest ago first.
    paths: HashMap<Peer, VecDeque<Address>>,
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

    /// Learns an address of `peer`; call only after an integrity check. `false`: another
    /// connection is alive there. Who has credentials of his own and forges the source of his
    /// checks must not take a neighbour's address away.
    pub(crate) fn learn(&mut self, now: Instant, address: Address, peer: Peer) -> bool {
        let checked = Holder { peer, checked: now };
        let known = self.addresses.get(&address).copied();
        if let Some(holder) = known
            && holder.peer != peer
        {
            if now < holder.checked + ADDRESS_HELD {
                return false;
            }
            // The same address and port belongs to another connection now (a reload).
            if let Some(paths) = self.paths.get_mut(&holder.peer) {
                paths.retain(|path| *path != address);
            }
        }
        self.addresses.insert(address, checked);
        let paths = self.paths.entry(peer).or_default();
        paths.retain(|path| *path != address);
        paths.push_back(address);
        if paths.len() > PATHS_MAX
            && let Some(oldest) = paths.pop_front()
        {
            self.addresses.remove(&oldest);
        }
        true
    }

    pub(crate) fn by_address(&self, address: Address) -> Option<Peer> {
        self.addresses.get(&address).map(|holder| holder.peer)
    }

    /// Addresses known.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.addresses.len()
    }

    /// Forgets credentials that an ICE restart has replaced.
    pub(crate) fn forget(&mut self, ufrag: &str) {
        self.accounts.remove(ufrag);
    }

    /// Forgets a connection; its credentials go by [`Demux::forget`].
    pub(crate) fn remove(&mut self, peer: Peer) {
        for address in self.paths.remove(&peer).unwrap_or_default() {
            self.addresses.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

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

    fn address(port: u16) -> Address {
        (SocketAddr::from(([127, 0, 0, 1], port)), Proto::Udp)
    }

    #[test]
    fn an_address_in_use_is_not_given_away_and_one_fallen_silent_is() {
        let mut demux = Demux::default();
        let (old, new) = (Peer::Viewer(1), Peer::Viewer(2));
        assert!(demux.learn(origin(), address(1), old));
        assert!(!demux.learn(origin(), address(1), new), "it is alive");
        assert_eq!(demux.by_address(address(1)), Some(old));
        let later = origin() + ADDRESS_HELD;
        assert!(demux.learn(later, address(1), new));
        demux.remove(old);
        assert_eq!(demux.by_address(address(1)), Some(new));
    }

    #[test]
    fn the_path_checked_longest_ago_is_forgotten_first() {
        let mut demux = Demux::default();
        let peer = Peer::Viewer(1);
        for port in 1..=1_000 {
            // The path in use is checked again and again.
            assert!(demux.learn(origin(), address(1), peer));
            assert!(demux.learn(origin(), address(port), peer));
        }
        assert_eq!(demux.known(), PATHS_MAX);
        assert_eq!(demux.by_address(address(1)), Some(peer));
        assert_eq!(demux.by_address(address(2)), None);
        demux.remove(peer);
        assert_eq!(demux.known(), 0);
    }
}
