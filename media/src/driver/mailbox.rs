//! How a worker is reached from other threads: bounded queues, and a wake-up for a thread that
//! waits on its socket.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as threads;

use tokio::sync::{mpsc, oneshot};

use crate::handle::{
    Invitation, LayerChoice, OfferError, Patched, Receives, RoomId, Session, SessionId, Slot,
    SlotLayers, Source, TapPacket, TrackId, Wanted,
};
use crate::limits::{COMMANDS_MAX, RELAY_MESSAGES_MAX};
use crate::relay::Relay;

/// What a session's slots show.
pub(crate) type Shown = Vec<(Slot, Option<TrackId>)>;

/// Where a request's answer goes. Gone when the caller gave up; then nobody minds.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// A request of the application.
pub(crate) enum Command {
    /// See `Media::publish`.
    Publish(
        SessionId,
        RoomId,
        Source,
        String,
        Reply<Result<Session, OfferError>>,
    ),
    /// See `Media::view`.
    View(
        SessionId,
        RoomId,
        String,
        Receives,
        Reply<Result<Session, OfferError>>,
    ),
    /// See `Media::invite`.
    Invite(SessionId, Reply<Invitation>),
    /// See `Media::accept`.
    Accept(
        RoomId,
        Box<Invitation>,
        String,
        Reply<Result<Session, OfferError>>,
    ),
    /// See `Media::patch`.
    Patch(SessionId, String, Reply<Result<Patched, OfferError>>),
    /// See `Media::assign`.
    Assign(
        SessionId,
        String,
        Option<TrackId>,
        Reply<Result<(), OfferError>>,
    ),
    /// See `Media::slots`.
    Slots(SessionId, Reply<Result<Shown, OfferError>>),
    /// See `Media::select_layer`.
    SelectLayer(
        SessionId,
        String,
        LayerChoice,
        Reply<Result<(), OfferError>>,
    ),
    /// See `Media::want`.
    Want(SessionId, String, Wanted, Reply<Result<(), OfferError>>),
    /// See `Media::layers`.
    Layers(SessionId, Reply<Result<Vec<SlotLayers>, OfferError>>),
    /// See `Media::close`.
    Close(SessionId, Reply<()>),
    /// See `Media::tap`.
    Tap(RoomId, mpsc::Sender<TapPacket>),
    /// Close every session and end.
    Stop,
}

/// Interrupts a worker's wait.
#[derive(Clone)]
pub(crate) struct Waker(Arc<Bell>);

struct Bell {
    /// Rung and not yet heard: saves the system call.
    rung: AtomicBool,
    stream: UnixStream,
}

impl Waker {
    pub(crate) fn wake(&self) {
        if !self.0.rung.swap(true, Ordering::AcqRel) {
            // A full pipe is a rung bell.
            let _ = (&self.0.stream).write(&[1]);
        }
    }
}

/// The worker's end.
pub(crate) struct Mailbox {
    /// Requests.
    pub commands: mpsc::Receiver<Command>,
    /// Other workers' messages.
    pub relays: threads::Receiver<Relay>,
    bell: Arc<Bell>,
    ear: UnixStream,
}

impl Mailbox {
    /// The descriptor that becomes readable when the bell is rung.
    pub(crate) fn wake_fd(&self) -> RawFd {
        self.ear.as_raw_fd()
    }

    /// Call when the descriptor is readable, before looking into the queues, so that no ring is
    /// missed.
    pub(crate) fn heard(&mut self) {
        let mut rings = [0; 64];
        while self
            .ear
            .read(&mut rings)
            .is_ok_and(|read| read == rings.len())
        {}
        self.bell.rung.store(false, Ordering::Release);
    }
}

/// The application's end.
#[derive(Clone)]
pub(crate) struct CommandSender {
    commands: mpsc::Sender<Command>,
    waker: Waker,
}

impl CommandSender {
    /// Interrupts the same worker's wait.
    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits for room. An error means that the worker has ended.
    pub(crate) async fn send(&self, command: Command) -> Result<(), OfferError> {
        let sent = self.commands.send(command).await;
        self.waker.wake();
        sent.map_err(|_| OfferError::Stopping)
    }

    /// Asks the worker to stop, without waiting: dropping the last sender says the same.
    pub(crate) fn stop(&self) {
        // Full: the worker finds the closed queue when it has emptied it.
        let _ = self.commands.try_send(Command::Stop);
        self.waker.wake();
    }
}

/// Another worker's end.
#[derive(Clone)]
pub(crate) struct RelaySender {
    relays: threads::SyncSender<Relay>,
    waker: Waker,
    /// What found the queue full and must not be lost, in order.
    waiting: VecDeque<Relay>,
}

impl RelaySender {
    /// Sends or keeps a message. `false`: it was a media packet and is dropped.
    pub(crate) fn send(&mut self, message: Relay) -> bool {
        self.flush();
        if self.waiting.is_empty() {
            match self.relays.try_send(message) {
                Ok(()) => self.waker.wake(),
                Err(threads::TrySendError::Full(message)) => return self.keep(message),
                // The other worker is stopping.
                Err(threads::TrySendError::Disconnected(_)) => {}
            }
            return true;
        }
        self.keep(message)
    }

    fn keep(&mut self, message: Relay) -> bool {
        let lossy = message.is_lossy();
        if !lossy {
            self.waiting.push_back(message);
        }
        !lossy
    }

    /// Tries again what waits. `true`: nothing waits any more.
    pub(crate) fn flush(&mut self) -> bool {
        while let Some(message) = self.waiting.pop_front() {
            match self.relays.try_send(message) {
                Ok(()) => self.waker.wake(),
                Err(threads::TrySendError::Full(message)) => {
                    self.waiting.push_front(message);
                    return false;
                }
                Err(threads::TrySendError::Disconnected(_)) => {}
            }
        }
        true
    }
}

/// Makes a mailbox and the two ways into it.
pub(crate) fn mailbox() -> std::io::Result<(Mailbox, CommandSender, RelaySender)> {
    let (stream, ear) = UnixStream::pair()?;
    stream.set_nonblocking(true)?;
    ear.set_nonblocking(true)?;
    let bell = Arc::new(Bell {
        rung: AtomicBool::new(false),
        stream,
    });
    let waker = Waker(bell.clone());
    let (commands_in, commands) = mpsc::channel(COMMANDS_MAX);
    let (relays_in, relays) = threads::sync_channel(RELAY_MESSAGES_MAX);
    Ok((
        Mailbox {
            commands,
            relays,
            bell,
            ear,
        },
        CommandSender {
            commands: commands_in,
            waker: waker.clone(),
        },
        RelaySender {
            relays: relays_in,
            waker,
            waiting: VecDeque::new(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_drops_packets_and_keeps_track_news_in_order() {
        let (mailbox, _commands, mut sender) = mailbox().unwrap();
        for n in 0..RELAY_MESSAGES_MAX as u64 {
            assert!(sender.send(Relay::TrackRemoved(TrackId(n))));
        }
        assert!(
            sender.send(Relay::TrackRemoved(TrackId(u64::MAX))),
            "kept, not lost"
        );
        assert!(!sender.flush());
        for n in 0..RELAY_MESSAGES_MAX as u64 {
            let message = mailbox.relays.try_recv().unwrap();
            assert!(matches!(message, Relay::TrackRemoved(TrackId(id)) if id == n));
        }
        assert!(sender.flush());
        let message = mailbox.relays.try_recv().unwrap();
        assert!(matches!(message, Relay::TrackRemoved(TrackId(u64::MAX))));
    }
}
