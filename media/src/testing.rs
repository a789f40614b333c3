//! Packets for the unit tests.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::packet::{Numbers, Packet, PictureId, Temporal};

mod caller;
mod link;
mod receiver;
mod script;
mod world;

pub(crate) use caller::{Caller, Wish, check, stun};
pub(crate) use link::{Link, Path};
pub(crate) use receiver::{Receiver, Seen};
pub(crate) use script::Encoder;
pub(crate) use world::World;

/// The origin of time in a test.
#[allow(clippy::disallowed_methods)]
pub(crate) fn origin() -> Instant {
    static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// A VP8 packet: `per_frame` packets share a timestamp and a picture id, frames are 33 ms apart.
pub(crate) fn vp8(seq: u64, per_frame: u64, keyframe: bool) -> Packet {
    let frame = seq / per_frame;
    let picture = PictureId::Long((frame & 0x7fff) as u16);
    Packet {
        seq,
        rtp_ts: (frame as u32).wrapping_mul(3_000),
        marker: seq % per_frame == per_frame - 1,
        keyframe,
        numbers: Numbers {
            picture_id: Some((picture, 2)),
            tl0: None,
        },
        temporal: Temporal::default(),
        arrival: origin() + Duration::from_millis(33) * (frame % 100_000) as u32,
        payload: payload(seq, frame),
    }
}

/// A VP8 frame of one packet on a temporal layer; those above the base lean on it alone.
pub(crate) fn vp8_temporal(seq: u64, id: u8) -> Packet {
    let sync = id > 0;
    Packet {
        temporal: Temporal { id, sync },
        ..vp8(seq, 1, false)
    }
}

fn payload(seq: u64, frame: u64) -> Bytes {
    let mut payload = vec![0x90, 0x80, 0x80 | (frame >> 8 & 0x7f) as u8, frame as u8];
    payload.extend_from_slice(&seq.to_be_bytes());
    payload.resize(64 + (seq % 3) as usize, seq as u8);
    Bytes::from(payload)
}

/// Counts this thread's allocations, to prove that the hot path makes none, and what stays.
#[allow(unsafe_code)]
mod counting {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
        static LIVE: Cell<isize> = const { Cell::new(0) };
    }

    struct Counting;

    // SAFETY: every call goes to the system allocator unchanged; the counter is a plain cell
    // without a destructor, so touching it never allocates.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            COUNT.set(COUNT.get() + 1);
            LIVE.set(LIVE.get() + layout.size() as isize);
            // SAFETY: the caller's promise, passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
            LIVE.set(LIVE.get() - layout.size() as isize);
            // SAFETY: the caller's promise, passed on.
            unsafe { System.dealloc(pointer, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    /// Allocations of this thread so far.
    pub(crate) fn allocations() -> u64 {
        COUNT.get()
    }

    /// Bytes this thread holds: what it allocated less what it freed.
    pub(crate) fn live_bytes() -> isize {
        LIVE.get()
    }
}

pub(crate) use counting::{allocations, live_bytes};
