//! One task per show: it owns the room, feeds it from a bounded inbox and carries out its
//! effects. What goes to everybody is encoded once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use media::Media;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::analytics::Analytics;
use super::media::aside;
use super::outbox::{Goodbye, Outbox, encode};
use super::sessions::{HttpSession, Opened, Sessions};
use super::speech::Speech;
use crate::analytics::Measure;
use crate::bus::{Bus, News};
use crate::clock::now_ms;
use crate::limits::{EVENT_BACKLOG_MAX, PRESENCE_EVERY, ROOM_INBOX_MAX, TICK_EVERY};
use crate::protocol::chat::{Judgement, ModerationView};
use crate::protocol::client::{Phase, Role};
use crate::protocol::server::{
    CaptionView, ChatLine, Entry, JoinState, OrderView, Participant, Pin, RoomEvent, ServerMessage,
    ShowInfo, TrackView,
};
use crate::room::{Counts, Effect, Input, Kept, PeerId, Refusal, Room, Seat, Spoken, Words};
use crate::shop::ShopHandle;
use crate::store::course::DisplayStore;
use crate::store::moderation::ModerationStore;
use crate::store::shows::ShowStore;
use crate::store::transcripts::{Line, Transcripts};

/// What rooms act upon.
#[derive(Clone)]
pub struct Ports {
    /// Pictures and sound.
    pub media: Media,
    /// Caption engine.
    pub speech: Speech,
    /// WHIP and WHEP sessions.
    pub sessions: Sessions,
    /// Shelf.
    pub shop: ShopHandle,
    /// Other processes.
    pub bus: Bus,
    /// What they write.
    pub stores: Stores,
}

/// What rooms write beside the shop.
#[derive(Clone)]
pub struct Stores {
    /// Shows on disk.
    pub shows: ShowStore,
    /// What is over their pictures.
    pub display: DisplayStore,
    /// What is said in them.
    pub transcripts: Transcripts,
    /// What is done to keep their chats in order.
    pub moderation: ModerationStore,
    /// What is counted of their audiences.
    pub analytics: Analytics,
}

/// What a page is told when it enters.
#[derive(Debug)]
pub struct Welcome {
    /// Who it is here.
    pub you: Participant,
    /// Epoch of the log.
    pub epoch: String,
    /// What brings it up to date.
    pub state: JoinState,
    /// People watching.
    pub viewers: u32,
}

enum Message {
    Input(Input),
    Request(Input, oneshot::Sender<Result<(), Refusal>>),
    Join(
        PeerId,
        Input,
        Outbox,
        oneshot::Sender<Result<Welcome, Refusal>>,
    ),
    Publisher(Seat, HttpSession, oneshot::Sender<Result<Opened, Refusal>>),
    Cues(String, oneshot::Sender<Vec<Spoken>>),
    ChatLine(u64, oneshot::Sender<Option<(ChatLine, Arc<Words>)>>),
    Order(OrderView),
    Farewell,
}

/// A show's room, for those who talk to it. Cheap to clone.
#[derive(Clone)]
pub struct RoomHandle {
    inbox: mpsc::Sender<Message>,
    view: watch::Receiver<Arc<View>>,
    entries: broadcast::WeakSender<Arc<Entry>>,
    layers: watch::Sender<()>,
}

/// What others may look at without asking.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The show.
    pub info: ShowInfo,
    /// People watching.
    pub viewers: u32,
    /// Tracks on air, in publish order.
    pub tracks: Vec<TrackView>,
    /// Products over the picture, oldest first.
    pub pins: Vec<Pin>,
    /// People who may not come in.
    pub banned: Arc<BTreeSet<String>>,
}

/// The room's task has ended: the server is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the show is closing")]
pub struct Closing;

impl RoomHandle {
    /// How it is now.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    /// For those who wait for changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// Log entries from now on. Who falls far behind misses the oldest, and is told so.
    #[must_use]
    pub fn entries(&self) -> broadcast::Receiver<Arc<Entry>> {
        match self.entries.upgrade() {
            Some(entries) => entries.subscribe(),
            // The room is closing: a receiver that is closed from the start.
            None => broadcast::channel(1).1,
        }
    }

    /// Says that layers of a picture came, went or changed their size.
    pub fn layers_changed(&self) {
        self.layers.send_replace(());
    }

    /// For those who wait for that; it ends with the last handle.
    #[must_use]
    pub fn watch_layers(&self) -> watch::Receiver<()> {
        self.layers.subscribe()
    }

    /// Tells the room something; a refusal is only logged.
    pub async fn tell(&self, input: Input) {
        // A room that is gone has no use for news.
        let _ = self.inbox.send(Message::Input(input)).await;
    }

    /// Asks the room for something.
    ///
    /// # Errors
    /// The room's refusal inside, [`Closing`] outside.
    pub async fn ask(&self, input: Input) -> Result<Result<(), Refusal>, Closing> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Request(input, reply)).await?;
        answer.await.map_err(|_| Closing)
    }

    /// Enters with a page; `join` is an [`Input::Join`] of `peer`.
    ///
    /// # Errors
    /// The room's refusal inside, [`Closing`] outside.
    pub async fn join(
        &self,
        peer: PeerId,
        join: Input,
        outbox: Outbox,
    ) -> Result<Result<Welcome, Refusal>, Closing> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Join(peer, join, outbox, reply)).await?;
        answer.await.map_err(|_| Closing)
    }

    /// Takes a standard publisher and puts its session into the table, in one turn: who is sent
    /// away in the next one is found there.
    ///
    /// # Errors
    /// The room's refusal inside, [`Closing`] outside; then the session is in no table.
    pub async fn publisher(
        &self,
        seat: Seat,
        session: HttpSession,
    ) -> Result<Result<Opened, Refusal>, Closing> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Publisher(seat, session, reply)).await?;
        answer.await.map_err(|_| Closing)
    }

    /// Recent final captions of one language.
    ///
    /// # Errors
    /// When the room is closing.
    pub async fn cues(&self, language: String) -> Result<Vec<Spoken>, Closing> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Cues(language, reply)).await?;
        answer.await.map_err(|_| Closing)
    }

    /// A line of the chat, and the words that may not be in its translation.
    ///
    /// # Errors
    /// When the room is closing.
    pub(crate) async fn chat_line(
        &self,
        id: u64,
    ) -> Result<Option<(ChatLine, Arc<Words>)>, Closing> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::ChatLine(id, reply)).await?;
        answer.await.map_err(|_| Closing)
    }

    /// Shows an order to the hosts.
    pub async fn order(&self, order: OrderView) {
        let _ = self.inbox.send(Message::Order(order)).await;
    }

    /// Says goodbye to all pages.
    pub async fn farewell(&self) {
        let _ = self.inbox.send(Message::Farewell).await;
    }

    async fn send(&self, message: Message) -> Result<(), Closing> {
        self.inbox.send(message).await.map_err(|_| Closing)
    }
}

/// Starts the room's task; it ends with the last handle.
#[must_use]
pub fn spawn(room: Room, ports: Ports) -> RoomHandle {
    let (inbox, messages) = mpsc::channel(ROOM_INBOX_MAX);
    let (view, view_reader) = watch::channel(Arc::new(view_of(&room)));
    let show = room.state().info.name.clone();
    let (entries, _) = broadcast::channel(EVENT_BACKLOG_MAX);
    let entries_reader = entries.downgrade();
    let task = Task {
        show,
        room,
        ports,
        peers: HashMap::new(),
        view,
        entries,
        joining: None,
        judged: None,
    };
    tokio::spawn(task.run(messages));
    RoomHandle {
        inbox,
        view: view_reader,
        entries: entries_reader,
        layers: watch::Sender::new(()),
    }
}

struct Task {
    show: String,
    room: Room,
    ports: Ports,
    peers: HashMap<PeerId, (Outbox, Role)>,
    view: watch::Sender<Arc<View>>,
    /// For readers of event streams.
    entries: broadcast::Sender<Arc<Entry>>,
    /// The page being let in: its outbox takes part once the room has welcomed it.
    joining: Option<(Outbox, oneshot::Sender<Result<Welcome, Refusal>>)>,
    /// What the input at hand did to keep the chat in order.
    judged: Option<Box<(Judgement, Kept)>>,
}

impl Task {
    #[tracing::instrument(name = "room", skip_all, fields(show = self.show))]
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut tick = tokio::time::interval(TICK_EVERY);
        let mut presence = tokio::time::interval(PRESENCE_EVERY);
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.take(message).await,
                    None => break,
                },
                _ = tick.tick() => {
                    self.input(Input::Tick).await.expect("a tick is never refused");
                    self.count_audience();
                }
                _ = presence.tick() => {
                    self.ports.bus.tell(&self.show, News::Viewers(self.room.viewers_here()));
                }
            }
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Input(input) => {
                if let Err(refusal) = self.input(input).await {
                    tracing::debug!(%refusal, "refused");
                }
            }
            // Who asked may be gone; what was done stays done.
            Message::Request(input, reply) => {
                let answer = self.input(input).await;
                match self.judged.take() {
                    // Answered when it is on disk; the room does not wait for that.
                    Some(judged) => self
                        .ports
                        .stores
                        .moderation
                        .save(&self.show, *judged, reply),
                    None => drop(reply.send(answer)),
                }
            }
            Message::Join(peer, input, outbox, reply) => {
                self.joining = Some((outbox, reply));
                if let Err(refusal) = self.input(input).await
                    && let Some((_, reply)) = self.joining.take()
                {
                    tracing::debug!(peer = peer.0, %refusal, "join refused");
                    drop(reply.send(Err(refusal)));
                }
            }
            Message::Publisher(seat, session, reply) => {
                let came = self.input(Input::PublisherCame(seat)).await;
                drop(reply.send(came.map(|()| self.ports.sessions.add(session))));
            }
            Message::Cues(language, reply) => drop(reply.send(self.room.cues(&language))),
            Message::ChatLine(id, reply) => drop(reply.send(self.room.chat_line(id))),
            Message::Order(order) => {
                let text = encode(&ServerMessage::Order(order));
                let hosts = self.peers.values().filter(|(_, role)| *role == Role::Host);
                // In a rush a console may miss some: the host's list has them all.
                hosts.for_each(|(outbox, _)| outbox.send_replaceable(text.clone()));
            }
            Message::Farewell => {
                self.peers
                    .values()
                    .for_each(|(outbox, _)| outbox.close(Goodbye::Shutdown));
            }
        }
    }

    async fn input(&mut self, input: Input) -> Result<(), Refusal> {
        if let Input::Leave(peer) = &input {
            self.peers.remove(peer);
        }
        let answer = self.room.handle(now_ms(), input);
        let (mut is_news, mut is_shelf) = (false, false);
        while let Some(effect) = self.room.poll() {
            is_shelf |= changes_shelf(&effect);
            is_news |= matches!(
                effect,
                Effect::Entry(_) | Effect::Viewers(_) | Effect::Moderation(None, _)
            );
            self.carry_out(effect).await;
        }
        if is_shelf {
            let products = &self.room.state().products;
            self.ports.speech.glossary(&self.show, products);
        }
        if is_news {
            self.view.send_if_modified(|view| {
                let now = view_of(&self.room);
                let is_changed = **view != now;
                if is_changed {
                    *view = Arc::new(now);
                }
                is_changed
            });
        }
        answer
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Welcome {
                peer,
                you,
                state,
                viewers,
            } => self.welcome(peer, you, state, viewers),
            Effect::Entry(entry) => {
                metrics::counter!("vitrine_room_entries_total").increment(1);
                self.send_all(&ServerMessage::Entry((*entry).clone()));
                // An error means that nobody reads.
                let _ = self.entries.send(entry);
            }
            Effect::Partial(caption) => self.partial(caption),
            Effect::Viewers(count) => self.send_all(&ServerMessage::Viewers { count }),
            Effect::Role(peer, role) => {
                if let Some((outbox, known)) = self.peers.get_mut(&peer) {
                    *known = role;
                    outbox.set_role(role);
                    outbox.send(encode(&ServerMessage::Role { role }));
                }
            }
            Effect::Layers(peer, source, layers) => {
                self.tell(peer, &ServerMessage::Layers { source, layers });
            }
            Effect::Replaced(peer) => self.dismiss(peer, Goodbye::Replaced),
            Effect::Banned(peer) => self.dismiss(peer, Goodbye::Removed),
            Effect::Whisper(peer, line) => self.tell(peer, &ServerMessage::Line(line)),
            Effect::Moderation(peer, view) => self.tell_moderators(peer, view),
            Effect::Judged(judged) => {
                let judgement = Box::new(judged.0.clone());
                self.ports.bus.tell(&self.show, News::Judged(judgement));
                self.judged = Some(judged);
            }
            Effect::Noticed(step, product) => self.count(step.into(), &product, 1),
            Effect::Reactions(counts) => self.tell_reactions(counts),
            Effect::ShareReactions(counts) => {
                self.ports.bus.tell(&self.show, News::Reactions(counts));
            }
            Effect::Wanted(languages) => self.ports.speech.want(&self.show, languages),
            Effect::Unmet(languages) => self.ports.speech.unmet(&self.show, languages),
            Effect::Speaks(participant, language) => {
                self.ports
                    .speech
                    .set_language(&self.show, &participant, language);
            }
            Effect::StopPublishing(participant) => {
                for id in self.ports.sessions.of_publisher(&self.show, &participant) {
                    let media = self.ports.media.clone();
                    aside(async move { media.close(id).await });
                }
            }
            Effect::Share(event) => self.share(event),
            Effect::Keep(spoken) => {
                let transcripts = &self.ports.stores.transcripts;
                transcripts.keep(&self.show, line_of(spoken));
            }
            Effect::Display(display) => self.ports.stores.display.keep(&self.show, display),
            Effect::Save(info) => {
                if let Err(error) = self.ports.stores.shows.save(&info).await {
                    tracing::error!(%error, "the show's phase was not stored");
                }
            }
        }
    }

    /// Tells the other processes what began in this one.
    fn share(&self, event: RoomEvent) {
        if let RoomEvent::Pinned(pin) = &event {
            self.count(Measure::Pinned, &pin.product, 1);
        }
        let news = News::Event(Box::new(event));
        self.ports.bus.tell(&self.show, news);
    }

    /// A second of everybody who watches while the show is on air.
    fn count_audience(&self) {
        if self.room.state().info.phase != Phase::Live {
            return;
        }
        self.count(Measure::Watched, "", u64::from(self.room.viewers_here()));
        for (language, readers) in self.room.readers() {
            self.count(Measure::Captions, language, readers);
        }
    }

    fn count(&self, measure: Measure, item: &str, count: u64) {
        let analytics = &self.ports.stores.analytics;
        analytics.count(&self.show, measure, item, count);
    }

    fn welcome(&mut self, peer: PeerId, you: Participant, state: JoinState, viewers: u32) {
        let Some((outbox, reply)) = self.joining.take() else {
            return;
        };
        outbox.set_role(you.role);
        let role = you.role;
        let epoch = self.room.epoch().to_owned();
        if reply
            .send(Ok(Welcome {
                you,
                epoch,
                state,
                viewers,
            }))
            .is_ok()
        {
            self.peers.insert(peer, (outbox, role));
        }
    }

    fn tell(&self, peer: PeerId, message: &ServerMessage) {
        if let Some((outbox, _)) = self.peers.get(&peer) {
            outbox.send(encode(message));
        }
    }

    fn dismiss(&mut self, peer: PeerId, why: Goodbye) {
        if let Some((outbox, _)) = self.peers.remove(&peer) {
            outbox.close(why);
        }
    }

    /// One of those who keep the chat in order, or all of them.
    fn tell_moderators(&self, peer: Option<PeerId>, view: ModerationView) {
        let text = encode(&ServerMessage::Moderation(view));
        for (other, (outbox, role)) in &self.peers {
            let is_meant = peer.is_none_or(|peer| peer == *other);
            if is_meant && matches!(role, Role::Host | Role::Moderator) {
                outbox.send(text.clone());
            }
        }
    }

    fn tell_reactions(&self, counts: Counts) {
        let text = encode(&ServerMessage::Reactions { counts });
        for (outbox, _) in self.peers.values() {
            outbox.send_replaceable(text.clone());
        }
    }

    fn send_all(&self, message: &ServerMessage) {
        if !self.peers.is_empty() {
            let text = encode(message);
            self.peers
                .values()
                .for_each(|(outbox, _)| outbox.send(text.clone()));
        }
    }

    fn partial(&self, caption: CaptionView) {
        let text = encode(&ServerMessage::Partial(caption.clone()));
        for (peer, (outbox, _)) in &self.peers {
            if self.room.is_reader(*peer, &caption) {
                outbox.send_replaceable(text.clone());
            }
        }
    }
}

fn line_of(Spoken { caption, speaker }: Spoken) -> Line {
    Line {
        id: caption.id,
        participant: caption.participant,
        speaker,
        language: caption.language,
        spoken: caption.spoken,
        text: caption.text,
        start_ms: caption.start_ms,
        end_ms: caption.end_ms,
    }
}

fn view_of(room: &Room) -> View {
    let state = room.state();
    View {
        info: state.info.clone(),
        viewers: room.viewers_told(),
        tracks: state.tracks.clone(),
        pins: state.pins.clone(),
        banned: Arc::clone(room.banned()),
    }
}

/// Whether the words of the shelf are others now.
fn changes_shelf(effect: &Effect) -> bool {
    let Effect::Entry(entry) = effect else {
        return false;
    };
    matches!(
        entry.event,
        RoomEvent::Product(_) | RoomEvent::ProductRemoved { .. }
    )
}

/// Whether an event of another process is a hint to read the shelf again, not a fact: stock is
/// the store's to tell.
#[must_use]
pub fn is_shelf_hint(event: &RoomEvent) -> bool {
    matches!(
        event,
        RoomEvent::Stock { .. } | RoomEvent::Product(_) | RoomEvent::Order { .. }
    )
}
