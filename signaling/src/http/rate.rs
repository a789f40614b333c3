//! POST, PATCH, PUT and DELETE per address: a token bucket each, in a bounded table. Reading is
//! not limited here.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::AppState;
use super::error::Problem;
use super::payments::STRIPE_EVENTS;
use crate::clock::now_ms;
use crate::limits::{RATE_ADDRESSES_MAX, RATE_BURST_S};
use crate::protocol::API;

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RateLimit {
    per_second: u32,
    table: Arc<Mutex<HashMap<IpAddr, Bucket>>>,
}

#[derive(Debug)]
struct Bucket {
    /// Thousandths of a request.
    left: u64,
    seen_ms: u64,
}

impl RateLimit {
    /// So many requests a second and address; 0 is no limit.
    #[must_use]
    pub fn new(per_second: u32) -> RateLimit {
        RateLimit {
            per_second,
            table: Arc::default(),
        }
    }

    /// Takes one request of an address; refused: after how many seconds to come again.
    ///
    /// # Errors
    /// When the address has used up its share.
    pub fn take(&self, address: IpAddr, now_ms: u64) -> Result<(), u32> {
        if self.per_second == 0 {
            return Ok(());
        }
        let rate = u64::from(self.per_second);
        let full = rate * u64::from(RATE_BURST_S) * 1_000;
        let mut table = self
            .table
            .lock()
            .expect("no panic while the table is locked");
        let address = share(address);
        if table.len() >= RATE_ADDRESSES_MAX && !table.contains_key(&address) {
            let idlest = table.iter().min_by_key(|(_, bucket)| bucket.seen_ms);
            let idlest = idlest.map(|(address, _)| *address);
            idlest.and_then(|address| table.remove(&address));
        }
        let bucket = table.entry(address).or_insert(Bucket {
            left: full,
            seen_ms: now_ms,
        });
        let earned = now_ms.saturating_sub(bucket.seen_ms).saturating_mul(rate);
        bucket.left = bucket.left.saturating_add(earned).min(full);
        bucket.seen_ms = bucket.seen_ms.max(now_ms);
        match bucket.left.checked_sub(1_000) {
            Some(left) => {
                bucket.left = left;
                Ok(())
            }
            None => Err(1),
        }
    }
}

/// Who owns an IPv6 address owns its /64: they share one bucket. Mapped IPv4 is IPv4.
fn share(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let bits = v6.to_bits() >> 64 << 64;
            IpAddr::V6(bits.into())
        }
        v4 => v4,
    }
}

/// The middleware.
pub async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_free = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) // In a rush many payments are told from few addresses, and a late one costs its order.
        || path.strip_prefix(API) == Some(STRIPE_EVENTS);
    if let (false, Some(address)) = (is_free, address_of(&state, &request))
        && let Err(retry_s) = state.rate.take(address, now_ms())
    {
        return Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "too many requests from this address",
        )
        .header(header::RETRY_AFTER, retry_s.into())
        .into_response();
    }
    next.run(request).await
}

/// The last hop of X-Forwarded-For is what our own proxy saw; the ones before are hearsay.
fn address_of(state: &AppState, request: &Request) -> Option<IpAddr> {
    let forwarded = || {
        let value = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .next_back()?;
        value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || {
        request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip())
    };
    if state.config.trust_proxy {
        forwarded().or_else(peer)
    } else {
        peer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let limit = RateLimit::new(2);
        let address: IpAddr = "192.0.2.1".parse().expect("an address");
        let allowed = |now_ms| {
            (0..100)
                .filter(|_| limit.take(address, now_ms).is_ok())
                .count()
        };
        assert_eq!(allowed(0), 20, "ten seconds' worth");
        assert_eq!(allowed(1_000), 2);
        assert_eq!(allowed(60_000), 20, "never more than the burst");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        assert!(
            limit.take(mapped, 60_000).is_err(),
            "the same host in other clothes"
        );
    }

    #[test]
    fn the_table_is_bounded() {
        let limit = RateLimit::new(1);
        for n in 0..RATE_ADDRESSES_MAX as u32 + 10 {
            limit
                .take(IpAddr::V4(n.into()), u64::from(n))
                .expect("a first request");
        }
        assert_eq!(
            limit.table.lock().expect("unlocked").len(),
            RATE_ADDRESSES_MAX
        );
    }
}
