//! What tests and `load` share: a real server as a child process, peers that are browsers without
//! a browser (on the `rtc` crate, which shares no code with the server's media plane), the client
//! side of WHIP and WHEP, the suite that judges a server by them, a prerecorded feed, and what is
//! needed to judge captions: sounds and word errors.

pub mod clock;
pub mod conformance;
pub mod fault;
pub mod feed;
pub mod line;
pub mod peer;
pub mod postgres;
pub mod proxy;
pub mod sale;
pub mod server;
pub mod session;
pub mod shelf;
pub mod sound;
pub mod stripe_shaped;
pub mod tools;
pub mod wait;
pub mod whip;
mod wishes;
pub mod words;
pub mod ws;
