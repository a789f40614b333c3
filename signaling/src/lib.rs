//! Rooms, shop, wire protocol, HTTP and WebSocket; the composition root of `vitrine`.

pub mod limits;
pub mod protocol;
pub mod redacted;
pub mod shop;
pub mod store;
pub mod task;
