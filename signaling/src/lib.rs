//! Rooms, shop, wire protocol, HTTP and WebSocket; the composition root of `vitrine`.

pub mod protocol;
