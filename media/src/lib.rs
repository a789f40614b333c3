//! The SFU: packets in, packets out. Knows no money, no words, no browsers.
//!
//! [`Media`] is the handle the composition root holds: a few async requests in, one stream of
//! [`Event`]s out. Behind it each worker is one OS thread with its own UDP port, and inside a
//! worker everything is a sans-IO machine (`handle(now, input)` / `poll()` / a deadline).

pub mod handle;

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "called by the worker's machine, which lands next")
)]
mod codec;
#[expect(dead_code, reason = "called by the worker's machine, which lands next")]
mod ingest;
#[expect(dead_code, reason = "called by the worker's machine, which lands next")]
mod packet;

pub use handle::{
    Closed, Event, Kind, Media, MediaConfig, OfferError, RoomId, Session, SessionId, Slot, Source,
    StartError, Stats, TapPacket, TrackId, TrackInfo,
};
