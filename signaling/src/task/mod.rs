//! Tasks: each owns a machine, feeds it from a bounded inbox and carries out what it decides.

pub mod analytics;
pub mod client;
pub mod hub;
pub mod interpreter;
pub mod libretranslate;
pub mod media;
pub mod news;
pub mod outbox;
pub mod pictures;
pub mod reach;
pub mod refunds;
pub mod room;
pub mod sessions;
pub mod shop;
pub mod shutdown;
pub mod slots;
pub mod speech;
pub mod webhooks;
