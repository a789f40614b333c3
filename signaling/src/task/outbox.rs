//! The way out to one page, and the slow-reader policy: a page that falls behind first loses
//! partial captions (the next one replaces them anyway), then its connection, because entries
//! are never skipped; on reconnecting it resumes where it was.

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, watch};

use crate::limits::{OUTBOX_MAX, OUTBOX_PARTIALS_FREE_MIN};
use crate::protocol::client::Role;
use crate::protocol::server::ServerMessage;

/// Why the server closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodbye {
    /// The server stops.
    Shutdown,
    /// The page does not read fast enough.
    TooSlow,
    /// Another page of the same grant took its place.
    Replaced,
    /// Its viewer was banned.
    Removed,
}

impl Goodbye {
    /// The last message.
    #[must_use]
    pub fn message(self) -> ServerMessage {
        let (reason, reconnect) = match self {
            Goodbye::Shutdown => ("shutdown", true),
            Goodbye::TooSlow => ("too_slow", true),
            Goodbye::Replaced => ("replaced", false),
            Goodbye::Removed => ("removed", false),
        };
        ServerMessage::Bye {
            reason: reason.to_owned(),
            reconnect,
        }
    }
}

/// The sending side. Cheap to clone; never waits.
#[derive(Debug, Clone)]
pub struct Outbox {
    queue: mpsc::Sender<Utf8Bytes>,
    goodbye: watch::Sender<Option<Goodbye>>,
    role: watch::Sender<Role>,
}

/// The page's side.
#[derive(Debug)]
pub struct OutboxReader {
    /// Messages in order.
    pub queue: mpsc::Receiver<Utf8Bytes>,
    /// Set once, when the socket is to be closed.
    pub goodbye: watch::Receiver<Option<Goodbye>>,
    /// The role now.
    pub role: watch::Receiver<Role>,
}

/// A new way out.
#[must_use]
pub fn outbox(role: Role) -> (Outbox, OutboxReader) {
    let (queue, queue_reader) = mpsc::channel(OUTBOX_MAX);
    let (goodbye, goodbye_reader) = watch::channel(None);
    let (role, role_reader) = watch::channel(role);
    let reader = OutboxReader {
        queue: queue_reader,
        goodbye: goodbye_reader,
        role: role_reader,
    };
    (
        Outbox {
            queue,
            goodbye,
            role,
        },
        reader,
    )
}

impl Outbox {
    /// Sends a message that may not be lost: a full queue ends the connection.
    pub fn send(&self, text: Utf8Bytes) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(text) {
            self.close(Goodbye::TooSlow);
        }
    }

    /// Sends a message that a later one replaces, or that can be read elsewhere: dropped when the
    /// page is behind.
    pub fn send_replaceable(&self, text: Utf8Bytes) {
        if self.queue.capacity() < OUTBOX_PARTIALS_FREE_MIN || self.queue.try_send(text).is_err() {
            metrics::counter!("vitrine_ws_partials_dropped_total").increment(1);
        }
    }

    /// The role now.
    #[must_use]
    pub fn role(&self) -> Role {
        *self.role.borrow()
    }

    /// Tells the page's task its role.
    pub fn set_role(&self, role: Role) {
        self.role.send_replace(role);
    }

    /// Ends the connection; the first reason stays.
    pub fn close(&self, reason: Goodbye) {
        self.goodbye.send_if_modified(|goodbye| {
            let is_first = goodbye.is_none();
            if is_first {
                *goodbye = Some(reason);
                if reason == Goodbye::TooSlow {
                    metrics::counter!("vitrine_ws_too_slow_total").increment(1);
                }
            }
            is_first
        });
    }

    /// Whether the page's task still takes messages.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.queue.is_closed() && self.goodbye.borrow().is_none()
    }
}

/// A message as it goes over the wire.
///
/// # Panics
/// Never: protocol types have string keys and finite numbers only.
#[must_use]
pub fn encode(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message)
        .expect("protocol types are plain data")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_page_loses_partials_first_then_the_connection() {
        let (outbox, mut reader) = outbox(Role::Viewer);
        for n in 0..OUTBOX_MAX {
            outbox.send_replaceable(format!("partial {n}").into());
        }
        assert!(outbox.is_open(), "partials never cost the connection");
        let queued = OUTBOX_MAX - outbox.queue.capacity();
        for n in 0..OUTBOX_MAX - queued {
            outbox.send(format!("entry {n}").into());
        }
        assert!(outbox.is_open(), "everything fits so far");
        outbox.send("one too many".into());
        assert_eq!(*reader.goodbye.borrow(), Some(Goodbye::TooSlow));
        outbox.close(Goodbye::Shutdown);
        assert_eq!(
            *reader.goodbye.borrow(),
            Some(Goodbye::TooSlow),
            "the first reason stays"
        );
        let first = reader.queue.try_recv().expect("queued");
        assert_eq!(first.as_str(), "partial 0", "what was queued is in order");
    }
}
