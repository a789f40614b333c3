//! Webhooks by Standard Webhooks 1.0 (<https://www.standardwebhooks.com>): what an order does is
//! told to a merchant's own server, at least once, signed. Pure parts and the machine that says
//! when; the outbox and the endpoints are in `store/webhooks`, the sockets in `task/webhooks`.

pub mod courier;
pub mod guard;
pub mod schedule;
pub mod sign;

#[cfg(test)]
mod tests;
