//! The wire protocol: the only serde types that browsers see. One WebSocket, JSON text frames,
//! each with a `type`. Described for other clients in `docs/protocol.md`; TypeScript types are
//! generated into `client-web/src/net/protocol.gen.ts`.

pub mod api;
pub mod caption;
pub mod chat;
pub mod client;
pub mod deals;
pub mod events;
#[cfg(test)]
mod export;
pub mod order;
pub mod server;
pub mod shop;
pub mod stats;
pub mod webhook;

/// Version a client states in `join`; a server refuses others with `unsupported_protocol`.
pub const PROTOCOL_VERSION: u16 = 1;

/// Where the REST routes are. A change that breaks a client gets a new number beside this one.
/// Doors with a protocol of their own (`/whip`, `/whep`, `/ws`, `/captions`) stand outside.
pub const API: &str = "/api/v1";

#[cfg(test)]
mod tests;
