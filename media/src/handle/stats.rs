//! What the media plane tells of itself: counters, spreads, and whether it can be reached.

use std::net::SocketAddr;

/// Counters of the whole media plane since start.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Stats {
    /// RTP packets received from publishers.
    pub packets_in: u64,
    /// RTP packets sent to viewers.
    pub packets_out: u64,
    /// Bytes sent to viewers.
    pub bytes_out: u64,
    /// NACKed packets resent to viewers.
    pub retransmitted: u64,
    /// NACKed packets not resent: no longer in the ring, a repeat under way, or too many.
    pub retransmit_misses: u64,
    /// Datagrams dropped, for any of the three reasons that follow or cut off by the socket.
    pub datagrams_dropped: u64,
    /// Dropped because no session is behind their address or ufrag.
    pub dropped_unknown: u64,
    /// Dropped because they do not authenticate: STUN, SRTCP of viewers, replays.
    pub dropped_unauthenticated: u64,
    /// Dropped because they are nothing that belongs here.
    pub dropped_malformed: u64,
    /// RTP packets from publishers' addresses that gave no media: forged, repeated, padding or
    /// before their keys (the publishers' engine does not tell them apart).
    pub publisher_packets_refused: u64,
    /// Packets viewers asked for again (NACK).
    pub nacked: u64,
    /// Key frames viewers asked for (PLI, FIR).
    pub keyframes_wanted: u64,
    /// Datagrams the socket could not take.
    pub send_dropped: u64,
    /// Packets another worker was too busy to take.
    pub relay_dropped: u64,
    /// Audio packets the tap could not deliver because its queue was full.
    pub tap_dropped: u64,
    /// Key frames asked of publishers.
    pub keyframe_requests: u64,
    /// Publishing sessions now.
    pub publishers: u64,
    /// Receiving sessions now.
    pub viewers: u64,
    /// From a viewer's offer to its first valid ICE check.
    pub join_checked: Spread,
    /// From a viewer's offer until DTLS is up.
    pub join_secured: Spread,
    /// Each worker, in order.
    pub workers: Vec<WorkerStats>,
}

/// How times are spread.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Spread {
    /// How many lie within each of [`Spread::BOUNDS`] and above the bound before; last, those
    /// above all.
    pub counts: [u64; Spread::BOUNDS.len() + 1],
    /// Their sum, microseconds.
    pub sum_us: u64,
}

impl Spread {
    /// Upper bounds of the buckets.
    pub const BOUNDS: [std::time::Duration; 7] = [
        std::time::Duration::from_millis(10),
        std::time::Duration::from_millis(30),
        std::time::Duration::from_millis(100),
        std::time::Duration::from_millis(300),
        std::time::Duration::from_secs(1),
        std::time::Duration::from_secs(3),
        std::time::Duration::from_secs(10),
    ];
}

/// One worker's load.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct WorkerStats {
    /// Microseconds at work since start; its share of the time passed is the load of its core.
    pub busy_us: u64,
    /// Publishing sessions on it now.
    pub publishers: u64,
    /// Receiving sessions on it now.
    pub viewers: u64,
}

/// Whether and where media can be reached, as far as the server itself can tell.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// UDP candidates of all workers, and whether a datagram sent to them from here arrived.
    pub udp: Vec<(SocketAddr, bool)>,
    /// TCP candidates; empty: there is no TCP port.
    pub tcp: Vec<SocketAddr>,
    /// Whether the kernel takes segmented sends (UDP GSO).
    pub gso: bool,
    /// Receive buffer of each socket, bytes.
    pub receive_buffer: usize,
    /// Send buffer of each socket, bytes.
    pub send_buffer: usize,
    /// What both were asked to be.
    pub buffer_wanted: usize,
}
