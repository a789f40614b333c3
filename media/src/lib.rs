//! The SFU: packets in, packets out. Knows no money, no words, no browsers.
//!
//! [`Media`] is the handle the composition root holds: a few async requests in, one stream of
//! [`Event`]s out. Behind it each worker is one OS thread with its own UDP port, and inside a
//! worker everything is a sans-IO machine: time, datagrams and requests go in, then the worker
//! drains what the machine wants sent and told.
//!
//! Reading order: `packet`, `sfu` (the machine) with `ingest`, `uptrack`, `ring`, `downtrack`,
//! `munger`, `srtp` on a packet's way through it, `viewer` and `demux` for connections, `bwe` and
//! `repair` for what each viewer's network takes, then the shell in `driver`.

pub mod handle;

mod plane;

mod clock;
mod limits;

mod codec;
mod framing;
mod ice;
mod packet;
mod ring;

mod keyframe;
mod mediatime;
mod munger;
mod rtcp;
mod sdp;
mod sdpfrag;
mod srtp;
mod stun;

mod batch;
mod bwe;
mod demux;
mod downtrack;
mod dtls;
mod dynacast;
mod flight;
mod ingest;
mod layers;
mod reach;
mod relay;
mod repair;
mod route;
mod sfu;
mod stats;
mod timers;
mod uptrack;
mod viewer;

mod driver;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;

#[cfg(test)]
mod testing;

pub use handle::{
    Closed, Event, Invitation, Kind, LayerChoice, LayerInfo, Media, MediaConfig, OfferError,
    Patched, Reach, Receives, RoomId, Session, SessionId, Slot, SlotLayers, Source, Spread,
    StartError, Stats, TapPacket, TrackId, TrackInfo, Wanted, WorkerStats,
};
