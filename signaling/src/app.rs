//! The composition root: the one place that names media, captions, shop and rooms together.
//! Starts them in order, wires their events, and stops them in named phases.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use axum::{Extension, Router};
use axum_server::Handle;
use media::{Media, MediaConfig};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use translate::outside::{Outside, OutsideDesk};
use translate::{Captions, CaptionsConfig, Output};

use crate::auth::{Auth, SecretKey, random_id};
use crate::bus::{Bus, Letter, LocalHub};
use crate::clock::now_ms;
use crate::config::Config;
use crate::http::rate::RateLimit;
use crate::http::server::OverTls;
use crate::http::trust::Trust;
use crate::http::{self, AppState, Stopping};
use crate::limits::STOP_DRAIN;
use crate::shop::ShopHandle;
use crate::shop::payment::{Invoice, PaymentProvider};
use crate::store::analytics::AnalyticsStore;
use crate::store::authenticity::AuthenticityStore;
use crate::store::course::{DisplayStore, ReminderStore};
use crate::store::database::Database;
use crate::store::moderation::ModerationStore;
use crate::store::shows::ShowStore;
use crate::store::sql::SqlStore;
use crate::store::transcripts::Transcripts;
use crate::store::webhooks::WebhookStore;
use crate::stripe::Stripe;
use crate::task::analytics::Analytics;
use crate::task::hub::Hub;
use crate::task::interpreter::Interpreter;
use crate::task::libretranslate::{self, LibreTranslate};
use crate::task::media::{carry_captions, carry_events};
use crate::task::news::{carry_letters, carry_notices};
use crate::task::pictures::Pictures;
use crate::task::reach;
use crate::task::refunds;
use crate::task::room::{Ports, Stores};
use crate::task::sessions::Sessions;
use crate::task::shop::{ShopConfig, spawn};
use crate::task::shutdown::{self, Phase};
use crate::task::speech::Speech;
use crate::task::webhooks::{self, Webhooks};
use crate::webhook::guard::Guard;
use crate::{telemetry, tls};

/// A running server.
pub struct Running {
    state: AppState,
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    handles: Vec<Handle<SocketAddr>>,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    carriers: Vec<JoinHandle<()>>,
    /// Tasks that write to the store, and end when nobody asks them any more.
    writers: Vec<JoinHandle<()>>,
}

/// Starts everything; when it returns the doors are open.
///
/// # Errors
/// When a part cannot start; parts started before it are stopped by being dropped.
pub async fn start(mut config: Config) -> anyhow::Result<Running> {
    telemetry::metrics();
    let key = SecretKey::open(&config.data)?;
    let doors = bind(&mut config)?;
    let server_tls = open_tls(&config).await?;

    let database = Database::open(&config.database).await.context("database")?;
    let store = SqlStore::of(&database).await.context("shop")?;
    let (stores, mut writers) = open_stores(&config, &database);
    let pictures = Pictures::open(config.data.join("pictures")).context("pictures")?;
    let shop_config = ShopConfig::new(key.derive("quotes"));
    let (store, provider) = (Arc::new(store), provider(&config).context("payments")?);
    let (shop, notices, shop_task) = spawn(store, &shop_config, Arc::new(now_ms), provider);
    let started = start_webhooks(&config, &database, &shop);
    let (webhooks, webhooks_task) = started.context("webhooks")?;
    let (media, events) = Media::start(media_config(&config)).context("media")?;
    let is_public_named = !config.public_addresses.is_empty();
    tokio::spawn(reach::report(media.clone(), is_public_named));
    let (outside, desk) = port(&config);
    let (speech, outputs) = start_captions(&config, outside).await;
    let (bus, letters) = start_bus(&config)?;
    let sessions = Sessions::default();

    let ports = Ports {
        media: media.clone(),
        speech: speech.clone(),
        sessions: sessions.clone(),
        shop: shop.clone(),
        bus: bus.clone(),
        stores: stores.clone(),
    };
    let hub = Hub::new(ports.clone());
    hub.load().await.context("shows")?;
    let mut carriers = vec![
        tokio::spawn(carry_events(events, hub.clone(), ports.clone())),
        tokio::spawn(carry_notices(notices, hub.clone(), shop.clone())),
        tokio::spawn(carry_letters(letters, hub.clone(), shop.clone())),
        tokio::spawn(refunds::run(shop.clone())),
    ];
    carriers.extend(start_outside(&config, desk, &hub, &speech)?);
    let captions = outputs.map(|outputs| carry_captions(outputs, hub.clone(), ports));
    carriers.extend(captions.map(tokio::spawn));

    let ca_pem = server_tls.as_ref().and_then(|tls| tls.ca_pem.clone());
    let trust = ca_pem.map(|ca_pem| Arc::new(trust_page(&config, ca_pem)));
    let state = AppState {
        rate: RateLimit::new(config.rate_limit),
        config: Arc::new(config),
        auth: Auth::with_key(&key),
        hub,
        media,
        shop,
        pictures,
        authenticity: AuthenticityStore::of(&database),
        webhooks,
        sessions,
        interpreter: Interpreter::start(speech.clone()),
        speech,
        transcripts: stores.transcripts,
        moderation: stores.moderation,
        analytics: stores.analytics,
        reminders: ReminderStore::of(&database),
        bus,
        stopping: Stopping::default(),
        trust,
    };
    writers.extend([webhooks_task, shop_task]);
    serve(state, doors, server_tls, carriers, writers)
}

/// What rooms write beside the shop, and its writers.
fn open_stores(config: &Config, database: &Database) -> (Stores, Vec<JoinHandle<()>>) {
    let (transcripts, transcripts_writer) = Transcripts::of(database);
    let (moderation, moderation_writer) = ModerationStore::of(database);
    let (display, display_writer) = DisplayStore::of(database);
    let counts = AnalyticsStore::of(database);
    let (analytics, analytics_writer) = Analytics::spawn(counts, config.analytics_days);
    let stores = Stores {
        shows: ShowStore::of(database),
        display,
        transcripts,
        moderation,
        analytics,
    };
    let writers = [
        transcripts_writer,
        moderation_writer,
        display_writer,
        analytics_writer,
    ];
    (stores, writers.into())
}

/// Binds the doors and writes the ports found into the settings.
fn bind(config: &mut Config) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    let open = |address: SocketAddr| {
        let listener = TcpListener::bind(address);
        let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        anyhow::Ok(listener)
    };
    let listener = open(config.listen)?;
    config.listen = listener.local_addr()?;
    let Some((address, _)) = &mut config.listen_tls else {
        return Ok((listener, None));
    };
    let tls_listener = open(*address)?;
    *address = tls_listener.local_addr()?;
    Ok((listener, Some(tls_listener)))
}

async fn open_tls(config: &Config) -> anyhow::Result<Option<tls::ServerTls>> {
    let Some((_, tls)) = &config.listen_tls else {
        return Ok(None);
    };
    let opened = tls::open(tls, &config.data, &config.public_addresses, now_ms()).await?;
    Ok(Some(opened))
}

fn media_config(config: &Config) -> MediaConfig {
    MediaConfig {
        bind: config.media_bind,
        port: config.media_port,
        tcp_port: config.media_tcp_port,
        workers: config.workers,
        public_addresses: config.public_addresses.clone(),
    }
}

/// Who takes the buyers' money.
fn provider(config: &Config) -> anyhow::Result<Arc<dyn PaymentProvider>> {
    Ok(match config.stripe.clone() {
        Some(account) => Arc::new(Stripe::new(account)?),
        None => Arc::new(Invoice),
    })
}

fn start_webhooks(
    config: &Config,
    database: &Database,
    shop: &ShopHandle,
) -> anyhow::Result<(Webhooks, JoinHandle<()>)> {
    let store = WebhookStore::of(database);
    let guard = Guard::new(config.webhook_allow.clone());
    Ok(webhooks::spawn(store, guard, shop.clone())?)
}

/// Without models the server runs and says that captions are off and why.
async fn start_captions(
    config: &Config,
    outside: Option<Outside>,
) -> (Speech, Option<mpsc::Receiver<Output>>) {
    if config.caption_threads == 0 {
        return (
            Speech::new(Err("switched off by --caption-threads 0".to_owned())),
            None,
        );
    }
    let settings = CaptionsConfig {
        models: config.models.clone(),
        whisper: config.whisper.clone(),
        threads: config.caption_threads,
        outside,
    };
    // Reading the models takes a second or two of disk and CPU.
    let started = tokio::task::spawn_blocking(move || Captions::start(settings)).await;
    let why = match started {
        Ok(Ok((captions, outputs))) => return (Speech::new(Ok(captions)), Some(outputs)),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("the caption engine did not start: {panic}"),
    };
    tracing::warn!(why, "captions are off");
    (Speech::new(Err(why)), None)
}

/// The two ends of the translator outside, when there is one.
fn port(config: &Config) -> (Option<Outside>, Option<OutsideDesk>) {
    let is_wanted = config.translator.is_some();
    is_wanted.then(translate::outside::port).unzip()
}

/// Serves the translator outside; rooms hear when its languages come and go.
fn start_outside(
    config: &Config,
    desk: Option<OutsideDesk>,
    hub: &Hub,
    speech: &Speech,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let (Some(translator), Some(desk)) = (&config.translator, desk) else {
        return Ok(None);
    };
    let (url, key) = (translator.url.reveal().clone(), translator.key.clone());
    let server = LibreTranslate::new(url, key).context("translator")?;
    let (hub, speech) = (hub.clone(), speech.clone());
    let changed = move || {
        let (hub, speech) = (hub.clone(), speech.clone());
        async move {
            for room in hub.all() {
                let menu = speech.menu(&room.view().info.name);
                room.tell(menu).await;
            }
        }
    };
    Ok(Some(tokio::spawn(libretranslate::run(
        server, desk, changed,
    ))))
}

fn start_bus(config: &Config) -> anyhow::Result<(Bus, mpsc::Receiver<Letter>)> {
    let process = random_id();
    match &config.redis {
        Some(url) => Bus::redis(url, process),
        None => Ok(Bus::local(&LocalHub::default(), process)),
    }
}

/// A phone comes by plain HTTP when that door is open to it, else by HTTPS with a warning.
fn trust_page(config: &Config, ca_pem: String) -> Trust {
    let host = config.public_addresses.first().copied();
    let host = host.or_else(|| tls::lan_addresses().first().copied());
    let host = host.unwrap_or_else(|| config.listen.ip());
    let at = |port| SocketAddr::new(host, port);
    let tls_port = config
        .listen_tls
        .as_ref()
        .map_or(0, |(address, _)| address.port());
    let home = format!("https://{}/", at(tls_port));
    let url = if config.listen.ip().is_loopback() {
        format!("{home}trust")
    } else {
        format!("http://{}/trust", at(config.listen.port()))
    };
    Trust { ca_pem, url, home }
}

fn serve(
    state: AppState,
    (listener, tls_listener): (TcpListener, Option<TcpListener>),
    server_tls: Option<tls::ServerTls>,
    carriers: Vec<JoinHandle<()>>,
    writers: Vec<JoinHandle<()>>,
) -> anyhow::Result<Running> {
    let router: Router = http::router(state.clone());
    let (address, tls_address) = (
        state.config.listen,
        state
            .config
            .listen_tls
            .as_ref()
            .map(|(address, _)| *address),
    );
    let handle = Handle::new();
    let plain = axum_server::from_tcp(listener)?.handle(handle.clone());
    let service = router
        .clone()
        .into_make_service_with_connect_info::<SocketAddr>();
    let mut handles = vec![handle];
    let mut servers = vec![tokio::spawn(plain.serve(service))];
    if let (Some(listener), Some(tls)) = (tls_listener, server_tls) {
        let handle = Handle::new();
        let secure = axum_server::from_tcp_rustls(listener, tls.config)?.handle(handle.clone());
        let router = router.layer(Extension(OverTls));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        handles.push(handle);
        servers.push(tokio::spawn(secure.serve(service)));
    }
    Ok(Running {
        state,
        address,
        tls_address,
        handles,
        servers,
        carriers,
        writers,
    })
}

impl Running {
    /// Where plain HTTP is served.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where HTTPS is served.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// The shared state, for what runs in the same process (the demo show, tests).
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Stops everything; returns the phases in the order they ran.
    pub async fn stop(self) -> Vec<Phase> {
        let Running {
            state,
            handles,
            servers,
            carriers,
            writers,
            ..
        } = self;
        let (hub, media) = (state.hub.clone(), state.media.clone());
        let mut phases = Vec::new();
        phases.push(shutdown::run(Phase::Refuse, async { state.stopping.begin() }).await);
        let farewell = async {
            for room in hub.all() {
                room.farewell().await;
            }
        };
        phases.push(shutdown::run(Phase::Farewell, farewell).await);
        let drain = async {
            handles
                .iter()
                .for_each(|handle| handle.graceful_shutdown(Some(STOP_DRAIN)));
            for server in servers {
                if let Ok(Err(error)) = server.await {
                    tracing::warn!(%error, "a door did not close well");
                }
            }
        };
        phases.push(shutdown::run(Phase::Drain, drain).await);
        phases.push(shutdown::run(Phase::Media, media.shutdown()).await);
        let finish = async {
            // Requests in flight were answered; with the last handle gone the writers end.
            carriers.iter().for_each(JoinHandle::abort);
            drop((state, hub, media));
            for writer in writers {
                if let Err(error) = writer.await {
                    tracing::error!(%error, "a writer to the store did not end well");
                }
            }
        };
        phases.push(shutdown::run(Phase::Shop, finish).await);
        phases
    }
}

#[cfg(test)]
pub(crate) mod tests;
