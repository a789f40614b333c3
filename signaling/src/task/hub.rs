//! All shows of this process by name; each open show is one room task.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::room::{Ports, RoomHandle};
use crate::auth::random_id;
use crate::limits::SHOWS_MAX;
use crate::protocol::server::ShowInfo;
use crate::room::{Input, Room};
use crate::shop::ShopError;

/// The shows. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    ports: Ports,
    rooms: Mutex<BTreeMap<String, RoomHandle>>,
    /// Held while a room is made, so that two makers of one show meet.
    making: tokio::sync::Mutex<()>,
}

/// Why a show could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// It is there already.
    #[error("there is already a show of this name")]
    Exists,
    /// The server has as many as it keeps.
    #[error("this server keeps {SHOWS_MAX} shows and has them")]
    Full,
    /// Its shelf could not be read.
    #[error("the shelf could not be read: {0}")]
    Shop(#[from] ShopError),
    /// It could not be written down.
    #[error("the show could not be stored: {0}")]
    Store(#[from] sqlx::Error),
}

impl Hub {
    /// No shows yet.
    #[must_use]
    pub fn new(ports: Ports) -> Hub {
        Hub(Arc::new(Inner {
            ports,
            rooms: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        }))
    }

    /// Opens the rooms of the shows on disk.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self) -> Result<(), HubError> {
        for info in self.0.ports.stores.shows.all().await? {
            self.open(info).await?;
        }
        Ok(())
    }

    /// Makes a new show, on disk before it is answered.
    ///
    /// # Errors
    /// See [`HubError`].
    pub async fn create(&self, info: ShowInfo) -> Result<RoomHandle, HubError> {
        let _making = self.0.making.lock().await;
        {
            let rooms = self.rooms();
            if rooms.contains_key(&info.name) {
                return Err(HubError::Exists);
            }
            if rooms.len() >= SHOWS_MAX {
                return Err(HubError::Full);
            }
        }
        self.0.ports.stores.shows.save(&info).await?;
        tracing::info!(show = info.name, "show made");
        self.open(info).await
    }

    async fn open(&self, info: ShowInfo) -> Result<RoomHandle, HubError> {
        let name = info.name.clone();
        let mut room = Room::new(info, random_id(), rand::random());
        let now_ms = crate::clock::now_ms();
        let shelf = self.0.ports.shop.products(&name).await?;
        let kept = Input::Restore(self.0.ports.stores.moderation.kept(&name).await?);
        let display = Input::RestoreDisplay(self.0.ports.stores.display.kept(&name).await?);
        let languages = self.0.ports.speech.menu(&name);
        for input in shelf
            .into_iter()
            .map(Input::Product)
            .chain([kept, display, languages])
        {
            room.handle(now_ms, input)
                .expect("a new room takes its shelf, languages and what was kept");
        }
        // Nobody is here yet to be told.
        while room.poll().is_some() {}
        let handle = super::room::spawn(room, self.0.ports.clone());
        self.rooms().insert(name, handle.clone());
        Ok(handle)
    }

    /// A show by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<RoomHandle> {
        self.rooms().get(name).cloned()
    }

    /// All shows, by name.
    #[must_use]
    pub fn all(&self) -> Vec<RoomHandle> {
        self.rooms().values().cloned().collect()
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<String, RoomHandle>> {
        self.0
            .rooms
            .lock()
            .expect("no panic while the rooms are locked")
    }
}
