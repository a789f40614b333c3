//! The engines behind the ports. Only these files name a foreign engine.

pub mod bergamot;
pub mod script;
