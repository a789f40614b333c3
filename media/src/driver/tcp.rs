//! ICE-TCP (RFC 6544): one passive port for networks that let no UDP through. A thread of its own
//! takes connections, cuts their streams into datagrams and hands them to the worker whose number
//! stands in the ufrag of the first request; from there on they are datagrams like any other.
//!
//! Who has not been answered by a worker within a few seconds is sent away, and only so many may
//! wait for that; a peer too slow for its media loses packets, as on any other path.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::mailbox::Waker;
use crate::batch::{Batch, Path, Proto};
use crate::framing::{Deframer, frame};
use crate::limits::{
    TCP_BUFFER_BYTES, TCP_CONNECTIONS_MAX, TCP_FRAMES_MAX, TCP_HELLO_MAX, TCP_IDLE_MAX,
    TCP_MESSAGES_MAX, TCP_PENDING_MAX, TCP_PENDING_PER_ADDRESS_MAX, TCP_WRITE_MAX,
};
use crate::stun::{Request, worker_of_ufrag};

/// How long connections may say goodbye when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// From a connection to its worker.
enum Message {
    Opened(Path, mpsc::Sender<Bytes>),
    Datagram(Path, Bytes),
    Closed(Path),
}

/// A worker as the connections see it.
#[derive(Clone)]
pub(crate) struct StreamSender {
    messages: mpsc::Sender<Message>,
    waker: Waker,
}

impl StreamSender {
    /// Waits for room: the peer's own TCP slows it down.
    async fn send(&self, message: Message) -> Option<()> {
        self.messages.send(message).await.ok()?;
        self.waker.wake();
        Some(())
    }
}

/// The connections as their worker sees them.
pub(crate) struct Streams {
    messages: mpsc::Receiver<Message>,
    links: HashMap<Path, mpsc::Sender<Bytes>>,
    waker: Waker,
}

/// Makes both ends; `waker` interrupts the worker's wait.
pub(crate) fn streams(waker: Waker) -> (StreamSender, Streams) {
    let (messages_in, messages) = mpsc::channel(TCP_MESSAGES_MAX);
    let sender = StreamSender {
        messages: messages_in,
        waker: waker.clone(),
    };
    let streams = Streams {
        messages,
        links: HashMap::new(),
        waker,
    };
    (sender, streams)
}

impl Streams {
    /// Hands what arrived to `take`; a queue's length at most, so that senders cannot hold the
    /// worker up.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Path, &[u8])) {
        for _ in 0..TCP_MESSAGES_MAX {
            match self.messages.try_recv() {
                Ok(Message::Opened(path, link)) => {
                    self.links.insert(path, link);
                }
                Ok(Message::Datagram(path, datagram)) => take(path, &datagram),
                Ok(Message::Closed(path)) => {
                    // The same address may have come back before this was read.
                    if self.links.get(&path).is_some_and(mpsc::Sender::is_closed) {
                        self.links.remove(&path);
                    }
                }
                Err(_) => return,
            }
        }
        self.waker.wake();
    }

    /// Sends a batch's TCP part; how many datagrams could not leave.
    pub(crate) fn send(&self, batch: &Batch) -> u64 {
        let mut dropped = 0;
        for run in batch.streams() {
            let mut stream = Vec::with_capacity(batch.bytes(run).len() + 2 * run.count);
            for datagram in batch.bytes(run).chunks(run.segment) {
                frame(&mut stream, datagram);
            }
            let link = self.links.get(&run.path);
            let sent = link.map(|link| link.try_send(Bytes::from(stream)));
            if !matches!(sent, Some(Ok(()))) {
                dropped += run.count as u64;
            }
        }
        dropped
    }
}

/// The listening port.
pub(crate) struct Gate {
    listener: TcpListener,
    port: u16,
    workers: Vec<StreamSender>,
}

/// What the connections share.
struct Lobby {
    workers: Vec<StreamSender>,
    connections: Arc<Semaphore>,
    pending: Arc<Semaphore>,
    pending_by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// A place among those who have not been answered yet.
struct Pending {
    lobby: Arc<Lobby>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Pending {
    fn new(lobby: &Arc<Lobby>, address: IpAddr) -> Option<Pending> {
        let permit = lobby.pending.clone().try_acquire_owned().ok()?;
        let mut table = lobby.table();
        let count = table.entry(address).or_default();
        if *count >= TCP_PENDING_PER_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        drop(table);
        Some(Pending {
            lobby: lobby.clone(),
            address,
            _permit: permit,
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut table = self.lobby.table();
        if let Some(count) = table.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                table.remove(&self.address);
            }
        }
    }
}

impl Lobby {
    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        let table = self.pending_by_address.lock();
        table.expect("never held over a panic")
    }
}

impl Gate {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Gate> {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // A restarted server takes the port again at once.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(TCP_PENDING_MAX as i32)?;
        let listener = TcpListener::from(socket);
        Ok(Gate {
            port: listener.local_addr()?.port(),
            listener,
            workers: Vec::new(),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where connections of the next worker go; call in the order of their numbers.
    pub(crate) fn add_worker(&mut self, worker: StreamSender) {
        self.workers.push(worker);
    }

    /// Runs until `stop` is used or dropped.
    pub(crate) fn spawn(self, stop: oneshot::Receiver<()>) -> io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Builder::new()
            .name("media-tcp".to_owned())
            .spawn(move || runtime.block_on(self.run(stop)))
    }

    async fn run(self, mut stop: oneshot::Receiver<()>) {
        let listener = match tokio::net::TcpListener::from_std(self.listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "ICE-TCP does not work");
                return;
            }
        };
        let lobby = Arc::new(Lobby {
            workers: self.workers,
            connections: Arc::new(Semaphore::new(TCP_CONNECTIONS_MAX)),
            pending: Arc::new(Semaphore::new(TCP_PENDING_MAX)),
            pending_by_address: Mutex::default(),
        });
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = &mut stop => break,
            };
            match accepted {
                Ok((stream, address)) => welcome(&lobby, stream, address),
                // Out of descriptors, or the peer is gone already: others may do better soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        // The workers have let go of their ends: what is queued leaves, then each one closes.
        let all = TCP_CONNECTIONS_MAX as u32;
        let _ = timeout(FAREWELL, lobby.connections.acquire_many(all)).await;
    }
}

fn welcome(lobby: &Arc<Lobby>, stream: TcpStream, address: SocketAddr) {
    let Ok(permit) = lobby.connections.clone().try_acquire_owned() else {
        return;
    };
    let Some(pending) = Pending::new(lobby, address.ip().to_canonical()) else {
        return;
    };
    let lobby = lobby.clone();
    tokio::spawn(async move {
        let _permit = permit;
        serve(&lobby, stream, pending).await;
    });
}

async fn serve(lobby: &Lobby, stream: TcpStream, pending: Pending) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    // A deep buffer would only show the peer the past.
    let socket = socket2::SockRef::from(&stream);
    socket.set_send_buffer_size(TCP_BUFFER_BYTES).ok()?;
    let remote = stream.peer_addr().ok()?;
    let path = Path {
        remote: SocketAddr::new(remote.ip().to_canonical(), remote.port()),
        local: stream.local_addr().ok()?.ip().to_canonical(),
        proto: Proto::Tcp,
    };
    let (mut reader, writer) = stream.into_split();
    let mut deframer = Deframer::new();
    let first = timeout(TCP_HELLO_MAX, read(&mut reader, &mut deframer));
    let first = first.await.ok()??;
    let worker = worker_of_ufrag(Request::parse(&first)?.ufrag())?;
    let worker = lobby.workers.get(worker)?;
    let (link, frames) = mpsc::channel(TCP_FRAMES_MAX);
    worker.send(Message::Opened(path, link)).await?;
    worker.send(Message::Datagram(path, first)).await?;
    tokio::select! {
        _ = pass_on(&mut reader, &mut deframer, worker, path) => {}
        _ = write(writer, frames, pending) => {}
    }
    worker.send(Message::Closed(path)).await
}

/// The next datagram; `None`: the stream ended or makes no sense.
async fn read(reader: &mut OwnedReadHalf, deframer: &mut Deframer) -> Option<Bytes> {
    loop {
        if let Some(datagram) = deframer.next().ok()? {
            return Some(Bytes::copy_from_slice(datagram));
        }
        match reader.read(deframer.space()).await {
            Ok(0) | Err(_) => return None,
            Ok(bytes) => deframer.filled(bytes),
        }
    }
}

async fn pass_on(
    reader: &mut OwnedReadHalf,
    deframer: &mut Deframer,
    worker: &StreamSender,
    path: Path,
) -> Option<()> {
    loop {
        let datagram = timeout(TCP_IDLE_MAX, read(reader, deframer)).await;
        worker
            .send(Message::Datagram(path, datagram.ok()??))
            .await?;
    }
}

/// The worker's first word proves that the peer has credentials; its silence, that the session
/// is over.
async fn write(
    mut writer: OwnedWriteHalf,
    mut frames: mpsc::Receiver<Bytes>,
    pending: Pending,
) -> Option<()> {
    let mut next = timeout(TCP_HELLO_MAX, frames.recv()).await.ok()??;
    drop(pending);
    loop {
        let written = timeout(TCP_WRITE_MAX, writer.write_all(&next)).await;
        written.ok()?.ok()?;
        next = timeout(TCP_IDLE_MAX, frames.recv()).await.ok()??;
    }
}

#[cfg(test)]
mod tests;
