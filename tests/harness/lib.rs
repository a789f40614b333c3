//! The test harness: servers, peers and browsers for tests that need more than one room.

pub mod server;
