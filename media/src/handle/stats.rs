//! What the media plane tells of itself: counters, spreads, and whether it can be reached.

use std::net::SocketAddr;

use crate::limits::LAYERS_MAX;

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
    /// From a viewer's offer until its first picture begins to leave, where there was one to show
    /// when DTLS came up.
    pub join_shown: Spread,
    /// What viewers' paths carry, bits per second: one entry for each video slot of a viewer whose
    /// path is known to be limited, at each look (about two a second).
    pub estimates: Spread,
    /// Looks at which a viewer's video slot was sent this layer of its track, the lowest first.
    pub shown_layers: [u64; LAYERS_MAX],
    /// Looks at which it had a track and was sent nothing: not visible, no bandwidth, or waiting.
    pub shown_nothing: u64,
    /// Each worker, in order.
    pub workers: Vec<WorkerStats>,
}

/// How values are spread.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Spread {
    /// How many lie within each bound ([`Spread::TIMES`] or [`Spread::RATES`]) and above the one
    /// before; last, those above all.
    pub counts: [u64; Spread::BOUNDS + 1],
    /// Their sum: microseconds, or bits per second.
    pub sum: u64,
}

impl Spread {
    /// How many bounds there are.
    pub const BOUNDS: usize = 7;

    /// Upper bounds of times, microseconds.
    pub const TIMES: [u64; Spread::BOUNDS] = [
        10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000,
    ];

    /// Upper bounds of rates, bits per second.
    pub const RATES: [u64; Spread::BOUNDS] = [
        100_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000,
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
