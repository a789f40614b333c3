//! One-time tickets: half a minute, one use, so that a WebSocket's first message needs no token
//! and a leaked one opens nothing. Kept in memory: a ticket is spent where it was made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{AuthError, Grant, random_id};
use crate::limits::{TICKET_TTL_MS, TICKETS_MAX};

/// Tickets not yet used. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tickets(Arc<Mutex<HashMap<String, (Grant, u64)>>>);

/// The table is full; it empties within half a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tickets are outstanding")]
pub struct Full;

impl Tickets {
    /// A ticket for a grant, and when it expires (Unix ms).
    ///
    /// # Errors
    /// [`Full`] when too many are outstanding.
    pub fn issue(&self, grant: Grant, now_ms: u64) -> Result<(String, u64), Full> {
        let mut table = self.0.lock().expect("no panic while the table is locked");
        if table.len() >= TICKETS_MAX {
            table.retain(|_, (_, expires_ms)| *expires_ms > now_ms);
            if table.len() >= TICKETS_MAX {
                return Err(Full);
            }
        }
        let ticket = random_id();
        let expires_ms = now_ms + TICKET_TTL_MS;
        table.insert(ticket.clone(), (grant, expires_ms));
        Ok((ticket, expires_ms))
    }

    /// Uses a ticket up.
    ///
    /// # Errors
    /// [`AuthError::Ticket`] when it is unknown, used or expired.
    pub fn redeem(&self, ticket: &str, now_ms: u64) -> Result<Grant, AuthError> {
        let mut table = self.0.lock().expect("no panic while the table is locked");
        match table.remove(ticket) {
            Some((grant, expires_ms)) if now_ms < expires_ms => Ok(grant),
            _ => Err(AuthError::Ticket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::Role;

    fn grant() -> Grant {
        Grant::new("lamp", Role::Viewer, None, 0, 60)
    }

    #[test]
    fn a_ticket_works_once_and_for_half_a_minute() {
        let tickets = Tickets::default();
        let (ticket, expires_ms) = tickets.issue(grant(), 1_000).expect("room");
        assert_eq!(expires_ms, 31_000);
        assert!(tickets.redeem(&ticket, 30_999).is_ok());
        assert_eq!(tickets.redeem(&ticket, 2_000), Err(AuthError::Ticket));
        let (late, _) = tickets.issue(grant(), 1_000).expect("room");
        assert_eq!(tickets.redeem(&late, 31_000), Err(AuthError::Ticket));
        assert_eq!(tickets.redeem("never issued", 0), Err(AuthError::Ticket));
    }

    #[test]
    fn a_full_table_refuses_until_old_tickets_end() {
        let tickets = Tickets::default();
        for _ in 0..TICKETS_MAX {
            tickets.issue(grant(), 0).expect("room");
        }
        assert_eq!(tickets.issue(grant(), 1), Err(Full));
        assert!(tickets.issue(grant(), TICKET_TTL_MS).is_ok());
    }
}
