//! What is kept on disk: the shop's books behind [`crate::shop::store::OrderStore`], shows, what was
//! said in them, and what merchants' servers are told. One database holds all of it, SQLite or
//! PostgreSQL, through the same statements ([`database`]).

pub mod analytics;
pub mod authenticity;
pub mod backup;
pub mod course;
pub mod database;
mod migrations;
pub mod moderation;
pub mod shows;
pub mod sql;
pub mod transcripts;
pub mod webhooks;
