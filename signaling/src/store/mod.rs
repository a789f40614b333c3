//! What is kept on disk: the shop's books behind [`crate::shop::store::OrderStore`], shows, and
//! what was said in them.

pub mod shows;
pub mod sqlite;
pub mod transcripts;
pub mod webhooks;
