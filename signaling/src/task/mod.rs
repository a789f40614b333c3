//! Tasks: each owns a machine, feeds it from a bounded inbox and carries out what it decides.

pub mod shop;
