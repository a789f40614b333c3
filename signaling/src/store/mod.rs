//! Books of record behind [`crate::shop::store::OrderStore`].

pub mod sqlite;
