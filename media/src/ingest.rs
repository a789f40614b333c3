//! One publisher as a sans-IO machine; the only file that names `str0m`.

use std::net::SocketAddr;
use std::time::Instant;

use crate::handle::{Closed, OfferError};
use crate::packet::{Codec, Packet};

/// The publishers' DTLS certificate, made once per process and shared by every worker.
#[derive(Clone)]
pub(crate) struct SharedCert {}

impl SharedCert {
    /// Makes a fresh self-signed ECDSA P-256 certificate.
    pub(crate) fn generate() -> SharedCert {
        SharedCert {}
    }
}

/// What a worker's publishers have in common.
pub(crate) struct IngestConfig {
    /// Host candidates put into the answer.
    pub candidates: Vec<SocketAddr>,
    /// The shared certificate.
    pub cert: SharedCert,
}

/// A track of one publisher: its m-line's index in the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IngestTrack(pub u8);

/// What the machine wants done; drained until `Timeout`.
pub(crate) enum IngestOutput {
    /// Nothing more now; call [`Ingest::handle_timeout`] at this instant.
    Timeout(Instant),
    /// A datagram for the publisher.
    Transmit {
        /// Where to.
        destination: SocketAddr,
        /// The datagram.
        data: Vec<u8>,
    },
    /// DTLS is up.
    Connected,
    /// First packet of a new track; always before the track's first `Packet`.
    TrackAdded {
        /// The track.
        track: IngestTrack,
        /// What it is coded with.
        codec: Codec,
        /// Whether the publisher answers PLI or FIR (FFmpeg does not).
        keyframes_on_request: bool,
    },
    /// One media packet; duplicates, padding-only packets and RTX wrapping are already gone.
    Packet {
        /// The track.
        track: IngestTrack,
        /// Simulcast layer, 0 the lowest; 0 without simulcast.
        layer: u8,
        /// The packet.
        packet: Packet,
    },
    /// The session is over; nothing follows.
    Closed(Closed),
}

/// One publisher.
pub(crate) struct Ingest {}

impl Ingest {
    /// Accepts a WHIP or page offer; returns the machine and the SDP answer.
    pub(crate) fn accept(
        _now: Instant,
        _config: &IngestConfig,
        _offer: &str,
    ) -> Result<(Ingest, String), OfferError> {
        Err(OfferError::Full)
    }

    /// The ICE ufrag by which the demux finds this publisher.
    pub(crate) fn local_ufrag(&self) -> &str {
        ""
    }

    /// Takes one datagram from the network.
    pub(crate) fn handle_datagram(
        &mut self,
        _now: Instant,
        _source: SocketAddr,
        _destination: SocketAddr,
        _data: &[u8],
    ) {
    }

    /// Advances time.
    pub(crate) fn handle_timeout(&mut self, _now: Instant) {}

    /// Asks the publisher for a key frame (PLI). The caller throttles.
    pub(crate) fn request_keyframe(&mut self, _track: IngestTrack, _layer: u8) {}

    /// Ends the session: close_notify, then `Closed(Local)`.
    pub(crate) fn close(&mut self) {}

    /// The next thing to do.
    pub(crate) fn poll(&mut self) -> IngestOutput {
        IngestOutput::Closed(Closed::Local)
    }
}
