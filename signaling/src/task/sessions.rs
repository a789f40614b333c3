//! Sessions by door. For WHIP and WHEP the unguessable part of a session's URL leads to the media session.
//! The table is bounded; media's `Closed` event, DELETE and demotion take entries out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use media::SessionId;

use crate::auth::random_id;
use crate::limits::HTTP_SESSIONS_MAX;

/// Which door it came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Publishing, RFC 9725.
    Whip,
    /// Playing, WHEP draft.
    Whep,
    /// Publishing from a page, over its WebSocket: in the table so that a host can end it even
    /// when the page's socket is lost; it has no URL.
    Page,
}

impl Door {
    /// First part of its URLs.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Door::Whip => "whip",
            Door::Whep => "whep",
            Door::Page => "page",
        }
    }
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSession {
    /// Its door.
    pub door: Door,
    /// Its show.
    pub show: String,
    /// Who publishes; empty for players.
    pub participant: String,
    /// In the media plane.
    pub id: SessionId,
    /// Strong entity tag of the ICE session, quoted.
    pub etag: String,
}

/// All sessions of this process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<String, HttpSession>>>);

impl Sessions {
    /// Whether another session fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.table().len() < HTTP_SESSIONS_MAX
    }

    /// Adds a session; returns its key in URLs.
    #[must_use]
    pub fn add(&self, session: HttpSession) -> String {
        let key = random_id();
        self.table().insert(key.clone(), session);
        key
    }

    /// The session behind a URL.
    #[must_use]
    pub fn get(&self, door: Door, show: &str, key: &str) -> Option<HttpSession> {
        let table = self.table();
        table
            .get(key)
            .filter(|session| session.door == door && session.show == show)
            .cloned()
    }

    /// Takes a session out by its URL.
    #[must_use]
    pub fn take(&self, key: &str) -> Option<HttpSession> {
        self.table().remove(key)
    }

    /// Takes a session out by its media id.
    #[must_use]
    pub fn take_id(&self, id: SessionId) -> Option<HttpSession> {
        let mut table = self.table();
        let key = table
            .iter()
            .find(|(_, session)| session.id == id)?
            .0
            .clone();
        table.remove(&key)
    }

    /// Media sessions of one publisher.
    #[must_use]
    pub fn of_publisher(&self, show: &str, participant: &str) -> Vec<SessionId> {
        let is_theirs = |session: &&HttpSession| {
            session.door != Door::Whep && session.show == show && session.participant == participant
        };
        self.table()
            .values()
            .filter(is_theirs)
            .map(|session| session.id)
            .collect()
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<String, HttpSession>> {
        self.0.lock().expect("no panic while the table is locked")
    }
}
