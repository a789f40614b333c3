//! The wire protocol: the only serde types that browsers see. One WebSocket, JSON text frames,
//! each with a `type`. Described for other clients in `docs/protocol.md`; TypeScript types are
//! generated into `client-web/src/net/protocol.gen.ts`.

pub mod api;
pub mod client;
pub mod events;
pub mod export;
pub mod server;
pub mod shop;

/// Version a client states in `join`; a server refuses others with `unsupported_protocol`.
pub const PROTOCOL_VERSION: u16 = 1;

#[cfg(test)]
mod tests;
