//! Sessions by door. For WHIP and WHEP the unguessable part of a session's URL leads to the media
//! session, its entity tag and its event streams. The tables are bounded; media's `Closed` event,
//! DELETE and demotion take entries out, and offers nobody answered expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use media::{Invitation, SessionId};
use tokio::sync::watch;

use crate::auth::random_id;
use crate::limits::{EVENT_STREAMS_MAX, HTTP_SESSIONS_MAX, INVITATION_TTL_MS, INVITATIONS_MAX};
use crate::protocol::events::Wanted;

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
}

/// How a session is found: its URL's last part, and the strong entity tag of its ICE session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Last part of the URL.
    pub key: String,
    /// Quoted.
    pub etag: String,
}

/// A session in the table.
struct Entry {
    session: HttpSession,
    tag: String,
    restarts: u32,
    streams: HashMap<String, EventStream>,
}

/// An event stream: whoever opens it last reads it; dropping it ends the reader.
struct EventStream {
    wanted: Wanted,
    readers: watch::Sender<u64>,
}

/// A reader's place at an event stream.
#[derive(Debug)]
pub struct Reading {
    /// What it asked for.
    pub wanted: Wanted,
    /// Changes, or closes, when this reader is to end.
    pub turn: watch::Receiver<u64>,
}

/// An offer of ours that waits for its answer.
struct Invited {
    show: String,
    tag: String,
    invitation: Invitation,
    until_ms: u64,
}

#[derive(Default)]
struct Tables {
    sessions: HashMap<String, Entry>,
    invited: HashMap<String, Invited>,
}

/// All sessions of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<Tables>>);

impl Sessions {
    /// Whether another session fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.tables().sessions.len() < HTTP_SESSIONS_MAX
    }

    /// Adds a session.
    pub fn add(&self, session: HttpSession) -> Opened {
        let (key, tag) = (random_id(), random_id());
        self.insert(key, tag, session)
    }

    fn insert(&self, key: String, tag: String, session: HttpSession) -> Opened {
        let etag = etag(&tag, 0);
        let entry = Entry {
            session,
            tag,
            restarts: 0,
            streams: HashMap::new(),
        };
        self.tables().sessions.insert(key.clone(), entry);
        Opened { key, etag }
    }

    /// The session behind a URL, with its entity tag.
    #[must_use]
    pub fn get(&self, door: Door, show: &str, key: &str) -> Option<(HttpSession, String)> {
        let tables = self.tables();
        let entry = tables.sessions.get(key)?;
        let session = &entry.session;
        (session.door == door && session.show == show)
            .then(|| (session.clone(), etag(&entry.tag, entry.restarts)))
    }

    /// Notes the session's n-th ICE restart; returns its entity tag. Answers to overlapping
    /// restarts may be noted in any order: the last restart's tag stays.
    #[must_use]
    pub fn restarted(&self, key: &str, restarts: u32) -> Option<String> {
        let mut tables = self.tables();
        let entry = tables.sessions.get_mut(key)?;
        entry.restarts = entry.restarts.max(restarts);
        Some(etag(&entry.tag, restarts))
    }

    /// What media knows a session as.
    #[must_use]
    pub fn media_id(&self, key: &str) -> Option<SessionId> {
        Some(self.tables().sessions.get(key)?.session.id)
    }

    /// Takes a session out by its URL.
    #[must_use]
    pub fn take(&self, key: &str) -> Option<HttpSession> {
        Some(self.tables().sessions.remove(key)?.session)
    }

    /// Takes a session out by its media id.
    #[must_use]
    pub fn take_id(&self, id: SessionId) -> Option<HttpSession> {
        let sessions = &mut self.tables().sessions;
        let mut entries = sessions.iter();
        let key = entries.find(|(_, entry)| entry.session.id == id)?.0.clone();
        Some(sessions.remove(&key)?.session)
    }

    /// Media sessions of one publisher.
    #[must_use]
    pub fn of_publisher(&self, show: &str, participant: &str) -> Vec<SessionId> {
        let is_theirs = |session: &&HttpSession| {
            session.door != Door::Whep && session.show == show && session.participant == participant
        };
        let tables = self.tables();
        let sessions = tables.sessions.values().map(|entry| &entry.session);
        sessions
            .filter(is_theirs)
            .map(|session| session.id)
            .collect()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().expect("no panic while the tables are locked")
    }
}

/// Offers of ours.
impl Sessions {
    /// Keeps an offer until it is answered or over. None: too many wait already.
    #[must_use]
    pub fn invite(&self, show: &str, invitation: Invitation, now_ms: u64) -> Option<Opened> {
        let invited = &mut self.tables().invited;
        if invited.len() >= INVITATIONS_MAX {
            invited.retain(|_, waiting| waiting.until_ms > now_ms);
        }
        if invited.len() >= INVITATIONS_MAX {
            return None;
        }
        let (key, tag) = (random_id(), random_id());
        let etag = etag(&tag, 0);
        let waiting = Invited {
            show: show.to_owned(),
            tag,
            invitation,
            until_ms: now_ms + INVITATION_TTL_MS,
        };
        invited.insert(key.clone(), waiting);
        Some(Opened { key, etag })
    }

    /// Whether an offer waits behind a URL.
    #[must_use]
    pub fn is_invited(&self, show: &str, key: &str, now_ms: u64) -> bool {
        let tables = self.tables();
        let waiting = tables.invited.get(key);
        waiting.is_some_and(|waiting| waiting.show == show && waiting.until_ms > now_ms)
    }

    /// Takes the offer, to be answered; nobody else can while it is tried. See [`Answering`].
    #[must_use]
    pub fn answering(&self, show: &str, key: &str, now_ms: u64) -> Option<Answering> {
        let invited = self.is_invited(show, key, now_ms);
        let waiting = invited.then(|| self.tables().invited.remove(key))??;
        Some(Answering {
            sessions: self.clone(),
            key: key.to_owned(),
            waiting: Some(waiting),
        })
    }
}

/// An offer being answered. Dropped, it waits for another answer.
pub struct Answering {
    sessions: Sessions,
    key: String,
    waiting: Option<Invited>,
}

impl Answering {
    /// The offer.
    #[must_use]
    pub fn invitation(&self) -> Invitation {
        self.waiting().invitation.clone()
    }

    /// The session stands, under the URL and entity tag that the offer came with; returns the
    /// last part of the URL.
    pub fn done(mut self, session: HttpSession) -> String {
        if let Some(waiting) = self.waiting.take() {
            let _ = self.sessions.insert(self.key.clone(), waiting.tag, session);
        }
        self.key.clone()
    }

    /// The offer is taken back.
    pub fn withdraw(mut self) {
        self.waiting = None;
    }

    fn waiting(&self) -> &Invited {
        self.waiting.as_ref().expect("taken only by value")
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            let key = std::mem::take(&mut self.key);
            self.sessions.tables().invited.insert(key, waiting);
        }
    }
}

/// Event streams.
impl Sessions {
    /// Makes an event stream; returns its key. None: the session is over, or has enough of them.
    #[must_use]
    pub fn add_stream(&self, key: &str, wanted: Wanted) -> Option<String> {
        let mut tables = self.tables();
        let streams = &mut tables.sessions.get_mut(key)?.streams;
        if streams.len() >= EVENT_STREAMS_MAX {
            return None;
        }
        let stream = random_id();
        let readers = watch::Sender::new(0);
        streams.insert(stream.clone(), EventStream { wanted, readers });
        Some(stream)
    }

    /// Reads an event stream, in place of who reads it now.
    #[must_use]
    pub fn read_stream(&self, key: &str, stream: &str) -> Option<Reading> {
        let tables = self.tables();
        let stream = tables.sessions.get(key)?.streams.get(stream)?;
        stream.readers.send_modify(|turn| *turn += 1);
        Some(Reading {
            wanted: stream.wanted.clone(),
            turn: stream.readers.subscribe(),
        })
    }

    /// Ends an event stream; whether there was one.
    #[must_use]
    pub fn end_stream(&self, key: &str, stream: &str) -> bool {
        let mut tables = self.tables();
        let entry = tables.sessions.get_mut(key);
        entry.is_some_and(|entry| entry.streams.remove(stream).is_some())
    }
}

fn etag(tag: &str, restarts: u32) -> String {
    format!("\"{tag}-{restarts}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> HttpSession {
        HttpSession {
            door: Door::Whep,
            show: "lamp".into(),
            participant: String::new(),
            id: SessionId(7),
        }
    }

    #[test]
    fn a_restart_changes_the_entity_tag_and_late_answers_do_not_bring_the_old_one_back() {
        let sessions = Sessions::default();
        let opened = sessions.add(session());
        let current = || {
            sessions
                .get(Door::Whep, "lamp", &opened.key)
                .expect("there")
                .1
        };
        assert_eq!(current(), opened.etag);
        let second = sessions.restarted(&opened.key, 2).expect("there");
        let first = sessions.restarted(&opened.key, 1).expect("there");
        assert_eq!(current(), second);
        assert_ne!(first, second);
        assert!(sessions.get(Door::Whip, "lamp", &opened.key).is_none());
        assert!(sessions.get(Door::Whep, "rug", &opened.key).is_none());
    }

    #[test]
    fn the_table_is_bounded_and_whoever_leaves_makes_room() {
        let sessions = Sessions::default();
        let keys = (0..HTTP_SESSIONS_MAX).map(|_| sessions.add(session()).key);
        let keys: Vec<_> = keys.collect();
        assert!(!sessions.has_room());
        assert_eq!(sessions.take(&keys[0]), Some(session()));
        assert!(sessions.has_room());
        assert_eq!(sessions.take(&keys[0]), None);
    }

    #[tokio::test]
    async fn an_offer_of_ours_waits_for_one_answer_and_not_for_ever() {
        let config = media::MediaConfig {
            bind: std::net::Ipv4Addr::LOCALHOST.into(),
            port: 0,
            tcp_port: None,
            workers: 1,
            public_addresses: Vec::new(),
        };
        let (media, _events) = media::Media::start(config).expect("loopback");
        let offer = media.invite().await.expect("an offer");
        let sessions = Sessions::default();
        let invite = |now_ms| sessions.invite("lamp", offer.clone(), now_ms);
        let key = invite(1_000).expect("room").key;
        let over = 1_000 + INVITATION_TTL_MS;
        assert!(
            sessions.answering("rug", &key, 1_000).is_none(),
            "elsewhere"
        );
        let first = sessions.answering("lamp", &key, 1_000).expect("waits");
        let meanwhile = sessions.answering("lamp", &key, 1_000);
        assert!(meanwhile.is_none(), "one answer at a time");
        drop(first);
        assert!(sessions.is_invited("lamp", &key, over - 1), "as before");
        assert!(!sessions.is_invited("lamp", &key, over));
        let first = sessions.answering("lamp", &key, over - 1);
        assert_eq!(first.expect("waits").done(session()), key);
        assert!(sessions.get(Door::Whep, "lamp", &key).is_some());
        assert!(!sessions.is_invited("lamp", &key, 1_000), "answered once");
        let key = invite(1_000).expect("room").key;
        let answering = sessions.answering("lamp", &key, 1_000);
        answering.expect("waits").withdraw();
        assert!(!sessions.is_invited("lamp", &key, 1_000), "declined");
        for _ in 0..INVITATIONS_MAX {
            invite(1_000).expect("room");
        }
        assert!(invite(over - 1).is_none(), "full");
        assert!(invite(over).is_some(), "the old ones make room");
        media.shutdown().await;
    }

    #[test]
    fn the_newest_reader_of_a_stream_takes_over_and_the_session_ends_it() {
        let sessions = Sessions::default();
        let key = sessions.add(session()).key;
        let streams: Vec<_> = (0..EVENT_STREAMS_MAX)
            .map(|_| sessions.add_stream(&key, Wanted::default()).expect("room"))
            .collect();
        assert_eq!(sessions.add_stream(&key, Wanted::default()), None, "full");
        let first = sessions.read_stream(&key, &streams[0]).expect("there");
        assert!(!first.turn.has_changed().expect("open"));
        let second = sessions.read_stream(&key, &streams[0]).expect("there");
        assert!(first.turn.has_changed().expect("open"), "its turn is over");
        assert!(sessions.end_stream(&key, &streams[1]) && !sessions.end_stream(&key, &streams[1]));
        assert_eq!(sessions.take(&key), Some(session()));
        assert!(second.turn.has_changed().is_err(), "closed");
    }
}
