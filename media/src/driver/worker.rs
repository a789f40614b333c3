//! One worker: an OS thread with its own UDP port and its shard of every room. Reads a batch,
//! lets the machine work, sends what it made, sleeps until the next thing.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::mailbox::{Command, Mailbox, RelaySender};
use super::socket::{Inbox, Outbox, Socket};
use super::tcp::Streams;
use crate::batch::Batch;
use crate::clock::{self, Now};
use crate::handle::Event;
use crate::limits::{EVENTS_KEPT_MAX, RECV_BATCH};
use crate::sfu::{Output, Sfu, Shard};
use crate::stats::{Counters, count};

/// Receive calls before the machine's output is sent: bounds how long a frame waits behind
/// others' datagrams.
const RECEIVES_PER_TURN: usize = 4;

/// How soon a full event or relay queue is tried again.
const RETRY: std::time::Duration = std::time::Duration::from_millis(5);

/// What a worker thread owns.
pub(crate) struct Worker {
    socket: Socket,
    mailbox: Mailbox,
    streams: Streams,
    /// By worker number; our own is never used.
    relays: Vec<RelaySender>,
    events: mpsc::Sender<Event>,
    /// Events that found the queue full, in order.
    kept: VecDeque<Event>,
    sfu: Sfu,
    /// Since when it has been at work.
    woke: Instant,
    counters: Arc<Counters>,
    inbox: Inbox,
    outbox: Outbox,
    batch: Batch,
}

impl Worker {
    pub(crate) fn new(
        socket: Socket,
        mailbox: Mailbox,
        streams: Streams,
        relays: Vec<RelaySender>,
        events: mpsc::Sender<Event>,
        shard: Shard,
    ) -> Worker {
        Worker {
            socket,
            mailbox,
            streams,
            relays,
            events,
            kept: VecDeque::new(),
            counters: shard.counters.clone(),
            sfu: Sfu::new(shard),
            woke: clock::now().instant,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            batch: Batch::new(),
        }
    }

    /// Runs until told to stop, or until every handle is gone.
    pub(crate) fn spawn(self, number: usize) -> io::Result<JoinHandle<()>> {
        Builder::new()
            .name(format!("media-{number}"))
            .spawn(move || self.run())
    }

    fn run(mut self) {
        let mut rung = false;
        loop {
            let now = clock::now();
            self.receive(now);
            if std::mem::take(&mut rung) {
                self.mailbox.heard();
            }
            let going = self.take_commands(now);
            self.take_relays(now);
            self.take_streams(now);
            self.sfu.handle_timeout(now);
            if !going {
                self.sfu.close_all(now);
                while self.send_slice(now) {}
                self.tell();
                return;
            }
            // One slice, then another look at the socket: what is urgent does not wait for the
            // rest of a large fan-out.
            let more = self.send_slice(now);
            self.tell();
            if !more {
                rung = self.wait();
            }
        }
    }

    fn receive(&mut self, now: Now) {
        let port = self.socket.local_addr().port();
        for _ in 0..RECEIVES_PER_TURN {
            let read = self.socket.receive(&mut self.inbox);
            for n in 0..read {
                match self.inbox.datagram(n, port) {
                    Some((source, local, bytes)) => {
                        self.sfu.handle_datagram(now, source, local, bytes);
                    }
                    None => count(&self.counters.datagrams_dropped, 1),
                }
            }
            if read < RECV_BATCH {
                return;
            }
        }
    }

    /// `false`: stop. What other workers said before a command was given is heard before it is
    /// carried out: the application may be answering a track's news that reached us by that way.
    fn take_commands(&mut self, now: Now) -> bool {
        loop {
            match self.mailbox.commands.try_recv() {
                Ok(Command::Stop) | Err(mpsc::error::TryRecvError::Disconnected) => return false,
                Ok(command) => {
                    self.take_relays(now);
                    self.take_command(now, command);
                }
                Err(mpsc::error::TryRecvError::Empty) => return true,
            }
        }
    }

    /// A caller that gave up waiting does not hear the answer; a session made for it is closed.
    fn take_command(&mut self, now: Now, command: Command) {
        let sfu = &mut self.sfu;
        match command {
            Command::Publish(session, room, source, offer, reply) => {
                let answer = sfu.publish(now, session, room, source, &offer);
                if reply.send(answer).is_err() {
                    sfu.close(now, session);
                }
            }
            Command::View(session, room, offer, receives, reply) => {
                let answer = sfu.view(now, session, room, &offer, receives);
                if reply.send(answer).is_err() {
                    sfu.close(now, session);
                }
            }
            Command::Invite(session, reply) => {
                let _ = reply.send(sfu.invite(session));
            }
            Command::Accept(room, invitation, answer, reply) => {
                let accepted = sfu.accept(now, room, &invitation, &answer);
                if reply.send(accepted).is_err() {
                    sfu.close(now, invitation.id);
                }
            }
            Command::Patch(session, fragment, reply) => {
                // A restart nobody hears of changes nothing: the old credentials hold.
                let _ = reply.send(sfu.patch(session, &fragment));
            }
            Command::Assign(session, mid, track, reply) => {
                let _ = reply.send(sfu.assign(now, session, &mid, track));
            }
            Command::Slots(session, reply) => {
                let _ = reply.send(sfu.slots(session));
            }
            Command::SelectLayer(session, mid, choice, reply) => {
                let _ = reply.send(sfu.select_layer(now, session, &mid, choice));
            }
            Command::Want(session, mid, wanted, reply) => {
                let _ = reply.send(sfu.want(now, session, &mid, wanted));
            }
            Command::Layers(session, reply) => {
                let _ = reply.send(sfu.slot_layers(session));
            }
            Command::Close(session, reply) => {
                sfu.close(now, session);
                let _ = reply.send(());
            }
            Command::Tap(room, tap) => sfu.tap(room, tap),
            Command::Stop => {}
        }
    }

    fn take_relays(&mut self, now: Now) {
        while let Ok(message) = self.mailbox.relays.try_recv() {
            self.sfu.handle_relay(now, message);
        }
    }

    fn take_streams(&mut self, now: Now) {
        let sfu = &mut self.sfu;
        self.streams
            .receive(|path, datagram| sfu.handle_stream(now, path, datagram));
    }

    /// Sends what fits one batch. `true`: there is more.
    fn send_slice(&mut self, now: Now) -> bool {
        self.batch.clear();
        let more = self.sfu.transmit(now, &mut self.batch);
        let dropped = self.socket.send(&self.batch, &mut self.outbox);
        let dropped = dropped.datagrams + self.streams.send(&self.batch);
        if dropped > 0 {
            count(&self.counters.send_dropped, dropped);
        }
        more
    }

    /// Passes on what the machine wants others to know.
    fn tell(&mut self) {
        while let Some(output) = self.sfu.poll() {
            match output {
                Output::Event(event) => self.kept.push_back(event),
                Output::Relay(worker, message) => {
                    if !self.relays[worker].send(message) {
                        count(&self.counters.relay_dropped, 1);
                    }
                }
            }
        }
        self.flush_events();
    }

    /// Events are never lost: past the limit the worker waits for the reader.
    fn flush_events(&mut self) {
        while let Some(event) = self.kept.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) if self.kept.len() < EVENTS_KEPT_MAX => {
                    self.kept.push_front(event);
                    return;
                }
                Err(TrySendError::Full(event)) => {
                    // An error means that the reader is gone, and with it the need.
                    let _ = self.events.blocking_send(event);
                }
                Err(TrySendError::Closed(_)) => {}
            }
        }
    }

    /// Until there is something to do. `true`: the bell was rung.
    fn wait(&mut self) -> bool {
        let now = clock::now().instant;
        let worked = now.saturating_duration_since(self.woke);
        count(&self.counters.busy_us, worked.as_micros() as u64);
        let mut relayed = true;
        for relay in &mut self.relays {
            relayed &= relay.flush();
        }
        let retry = (!self.kept.is_empty() || !relayed).then(|| now + RETRY);
        let deadline = [self.sfu.deadline(), retry].into_iter().flatten().min();
        let timeout = deadline.map(|at| at.saturating_duration_since(now));
        let rung = self.socket.wait(self.mailbox.wake_fd(), timeout);
        self.woke = clock::now().instant;
        rung
    }
}
