//! What is kept on disk: the shop's books behind [`crate::shop::store::OrderStore`], and shows.

pub mod shows;
pub mod sqlite;
