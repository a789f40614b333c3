//! Rooms, shop, wire protocol, HTTP and WebSocket; the composition root of `vitrine`.

pub mod analytics;
pub mod app;
pub mod auth;
pub mod authenticity;
pub mod bus;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod http;
pub mod limits;
pub mod picture;
pub mod protocol;
pub mod redacted;
pub mod room;
pub mod shop;
pub mod store;
pub mod stripe;
pub mod task;
pub mod telemetry;
pub mod tls;
pub mod webhook;
