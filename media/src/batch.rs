//! Datagrams ready to leave, in one slab. Neighbours for the same peer that are equally long
//! become one run, which the socket sends in one call (UDP GSO).

use std::net::{IpAddr, SocketAddr};

use crate::limits::{GSO_BYTES_MAX, GSO_SEGMENTS_MAX, SEND_RUNS_MAX, SEND_SLAB_BYTES};

/// What carries a peer's datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Proto {
    /// As they are.
    Udp,
    /// Framed in a stream (RFC 4571), for networks that let no UDP through (RFC 6544).
    Tcp,
}

/// Where a peer is, and which of our addresses it speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    /// The peer.
    pub remote: SocketAddr,
    /// Ours, as the last datagram was addressed; unspecified lets the system choose.
    pub local: IpAddr,
    /// How.
    pub proto: Proto,
}

impl Path {
    /// By UDP.
    pub(crate) const fn udp(remote: SocketAddr, local: IpAddr) -> Path {
        let proto = Proto::Udp;
        Path {
            remote,
            local,
            proto,
        }
    }
}

/// Datagrams of equal length (the last may be shorter) for one peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Where to.
    pub path: Path,
    start: usize,
    len: usize,
    /// Length of each datagram but the last.
    pub segment: usize,
    /// How many datagrams.
    pub count: usize,
}

/// Bounded: callers ask [`Batch::has_room`] first and send what is here when it says no.
pub(crate) struct Batch {
    slab: Vec<u8>,
    used: usize,
    runs: Vec<Run>,
    /// What leaves by TCP.
    streams: Vec<Run>,
    /// Whether the last run may still grow.
    open: bool,
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch {
            slab: vec![0; SEND_SLAB_BYTES],
            used: 0,
            runs: Vec::with_capacity(SEND_RUNS_MAX),
            streams: Vec::new(),
            open: false,
        }
    }

    /// Whether `datagrams` of at most `bytes` together fit.
    pub(crate) fn has_room(&self, datagrams: usize, bytes: usize) -> bool {
        let runs = self.runs.len() + self.streams.len();
        runs + datagrams <= SEND_RUNS_MAX && self.used + bytes <= self.slab.len()
    }

    /// Where the next datagram is written. Empty when full.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.slab[self.used..]
    }

    /// Whether a datagram of `len` bytes for `path` would leave with the run before it.
    pub(crate) fn takes_along(&self, path: Path, len: usize) -> bool {
        self.open
            && self.runs.last().is_some_and(|run| {
                run.path == path
                    && len <= run.segment
                    && run.count < GSO_SEGMENTS_MAX
                    && run.len + len <= GSO_BYTES_MAX
            })
    }

    /// Takes the first `len` bytes of [`Batch::space`] as a datagram for `path`.
    pub(crate) fn commit(&mut self, path: Path, len: usize) {
        let start = self.used;
        self.used += len;
        let runs = match path.proto {
            Proto::Udp => &mut self.runs,
            Proto::Tcp => &mut self.streams,
        };
        if self.open
            && let Some(run) = runs.last_mut()
            && run.start + run.len == start
            && run.path == path
            && len <= run.segment
            && run.count < GSO_SEGMENTS_MAX
            && run.len + len <= GSO_BYTES_MAX
        {
            run.len += len;
            run.count += 1;
            self.open = len == run.segment;
            return;
        }
        runs.push(Run {
            path,
            start,
            len,
            segment: len,
            count: 1,
        });
        self.open = true;
    }

    /// Writes a whole datagram.
    pub(crate) fn push(&mut self, path: Path, datagram: &[u8]) {
        // A datagram does not join a run begun by a frame: it may be of another protocol.
        self.open = false;
        self.space()[..datagram.len()].copy_from_slice(datagram);
        self.commit(path, datagram.len());
        self.open = false;
    }

    /// What leaves by UDP.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// What leaves by TCP.
    pub(crate) fn streams(&self) -> &[Run] {
        &self.streams
    }

    /// All datagrams of a run, end to end.
    pub(crate) fn bytes(&self, run: &Run) -> &[u8] {
        &self.slab[run.start..run.start + run.len]
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.runs.clear();
        self.streams.clear();
        self.open = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path::udp(([127, 0, 0, 1], port).into(), [0, 0, 0, 0].into())
    }

    /// Datagrams (port, length) in, runs (port, segment, count) out.
    fn check(datagrams: &[(u16, usize)], runs: &[(u16, usize, usize)]) {
        let mut batch = Batch::new();
        for (port, len) in datagrams {
            batch.commit(path(*port), *len);
        }
        let found: Vec<_> = batch
            .runs()
            .iter()
            .map(|run| (run.path.remote.port(), run.segment, run.count))
            .collect();
        assert_eq!(found, runs);
        let bytes: usize = batch.runs().iter().map(|run| batch.bytes(run).len()).sum();
        assert_eq!(bytes, datagrams.iter().map(|(_, len)| len).sum::<usize>());
    }

    #[test]
    fn equal_neighbours_run_together_and_a_shorter_one_ends_the_run() {
        check(
            &[(1, 100), (1, 100), (1, 40), (1, 40)],
            &[(1, 100, 3), (1, 40, 1)],
        );
        check(&[(1, 100), (1, 101)], &[(1, 100, 1), (1, 101, 1)]);
        check(&[(1, 100), (2, 100), (2, 100)], &[(1, 100, 1), (2, 100, 2)]);
        check(&vec![(1, 10); 65], &[(1, 10, 64), (1, 10, 1)]);
        check(&vec![(1, 1500); 44], &[(1, 1500, 43), (1, 1500, 1)]);
    }
}
