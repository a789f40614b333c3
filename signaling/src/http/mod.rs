//! The HTTP doors: standard clients (WHIP, WHEP), pages (API, WebSocket, assets) and operators
//! (health, metrics). Handlers are thin: they check, ask a room or the shop, and answer.

pub mod assets;
pub mod authenticity;
pub mod captions;
pub mod coupons;
pub mod course;
pub mod deals;
pub mod endpoint;
pub mod erasure;
pub mod error;
pub mod events;
pub mod extract;
pub mod health;
pub mod jsonld;
pub mod layer;
pub mod merchant;
pub mod metrics;
pub mod moderation;
pub mod openapi;
pub mod payments;
pub mod pictures;
pub mod precondition;
pub mod rate;
pub mod server;
pub mod session;
pub mod shop;
pub mod shows;
pub mod stats;
pub mod tickets;
pub mod trust;
pub mod webhooks;
pub mod whep;
pub mod whip;
pub mod ws;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::media::Media;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Auth;
use crate::bus::Bus;
use crate::config::Config;
use crate::limits::BODY_BYTES_MAX;
use crate::shop::ShopHandle;
use crate::store::authenticity::AuthenticityStore;
use crate::store::course::ReminderStore;
use crate::store::moderation::ModerationStore;
use crate::store::transcripts::Transcripts;
use crate::task::analytics::Analytics;
use crate::task::hub::Hub;
use crate::task::interpreter::Interpreter;
use crate::task::pictures::Pictures;
use crate::task::sessions::Sessions;
use crate::task::speech::Speech;
use crate::task::webhooks::Webhooks;
use error::Problem;

/// What handlers share. Every part is cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Settings.
    pub config: Arc<Config>,
    /// Tokens and tickets.
    pub auth: Auth,
    /// Shows.
    pub hub: Hub,
    /// Pictures and sound.
    pub media: Media,
    /// Catalogue and orders.
    pub shop: ShopHandle,
    /// Product pictures.
    pub pictures: Pictures,
    /// Certificates and serial numbers.
    pub authenticity: AuthenticityStore,
    /// Endpoints that are told about orders.
    pub webhooks: Webhooks,
    /// WHIP and WHEP sessions.
    pub sessions: Sessions,
    /// Captions.
    pub speech: Speech,
    /// Chat lines in other languages.
    pub interpreter: Interpreter,
    /// What is counted of audiences.
    pub analytics: Analytics,
    /// Who wants to be reminded of what is to come.
    pub reminders: ReminderStore,
    /// What was said.
    pub transcripts: Transcripts,
    /// What was done to keep chats in order.
    pub moderation: ModerationStore,
    /// Other processes.
    pub bus: Bus,
    /// Whether the server is on its way out.
    pub stopping: Stopping,
    /// POSTs per address.
    pub rate: rate::RateLimit,
    /// What `/trust` shows; none without a local CA.
    pub trust: Option<Arc<trust::Trust>>,
}

/// Set once, when stop begins.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// Whether stop has begun.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Begins the stop.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All routes.
pub fn router(state: AppState) -> Router {
    let limited = middleware::from_fn_with_state(state.clone(), rate::limit);
    let (api, _) = openapi::describe(api());
    let api = api
        .method_not_allowed_fallback(endpoint::wrong_method)
        .layer(CompressionLayer::new());
    let pages = Router::new()
        .route("/trust", get(trust::page))
        .route("/ca.crt", get(trust::certificate))
        .fallback(assets::serve)
        .layer(CompressionLayer::new());
    Router::new()
        .route("/ws", get(ws::open))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::render))
        .route(
            &format!("{}/{{name}}", pictures::PICTURES),
            get(pictures::file),
        )
        .route(
            &format!("{}/{{name}}", authenticity::DOCUMENTS),
            get(authenticity::file),
        )
        .merge(api)
        .merge(pages)
        .layer(limited.clone())
        // A refusal there must be readable for pages of other origins, so CORS goes around it.
        .merge(cors(rtc().layer(limited)))
        .layer(middleware::from_fn(metrics::count))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .with_state(state)
}

/// The REST API. A route that is added here and not by [`routes!`] is missing from the
/// description, which a test sees.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(server::server))
        .routes(routes!(shows::list, shows::create))
        .routes(routes!(shows::show))
        .routes(routes!(shows::visit))
        .routes(routes!(tickets::issue))
        .routes(routes!(moderation::log))
        .routes(routes!(erasure::erase))
        .merge(course::router())
        .merge(stats::router())
        .merge(shop::router())
        .merge(merchant::router())
        .merge(payments::router())
        .merge(deals::router())
        .merge(coupons::router())
        .merge(pictures::router())
        .merge(authenticity::router())
        .merge(webhooks::router())
}

/// Open to pages of other origins: what they may do is decided by tokens, never by cookies.
fn cors(router: Router<AppState>) -> Router<AppState> {
    router
        .layer(SetResponseHeaderLayer::if_not_present(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(endpoint::EXPOSED),
        ))
}

/// The doors of standard clients.
fn rtc() -> Router<AppState> {
    let session = delete(session::delete)
        .patch(session::patch)
        .get(session::get)
        .options(endpoint::options);
    let stream = get(events::read)
        .delete(events::end)
        .options(endpoint::options);
    Router::new()
        .route(
            "/whip/{show}",
            post(whip::publish)
                .get(whip::get)
                .options(endpoint::options),
        )
        .route(
            "/whep/{show}",
            post(whep::play)
                .get(whep::discover)
                .options(endpoint::options),
        )
        .route("/whip/{show}/{session}", session.clone())
        .route("/whep/{show}/{session}", session)
        .route(
            "/whep/{show}/{session}/sse",
            post(events::create).options(endpoint::options),
        )
        .route("/whep/{show}/{session}/sse/{stream}", stream)
        .route(
            "/whep/{show}/{session}/layer",
            post(layer::choose).options(endpoint::options),
        )
        .merge(words())
        .method_not_allowed_fallback(endpoint::wrong_method)
}

/// What was said. The transcript of an evening is half a megabyte of text.
fn words() -> Router<AppState> {
    let show = delete(captions::forget).options(endpoint::options);
    let file = get(captions::file).options(endpoint::options);
    Router::new()
        .route("/captions/{show}", show)
        .route("/captions/{show}/{file}", file)
        .layer(CompressionLayer::new())
}

/// Answer to what no route takes: JSON for programs.
fn no_such_route(method: &Method, path: &str) -> Problem {
    Problem::not_found(format!("there is no {method} {path}"))
}

/// A file of the moment, to be saved under a name.
fn attachment(kind: &'static str, name: &str, file: impl IntoResponse) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    fresh((headers, file).into_response())
}

/// A response that nobody keeps.
fn fresh(mut response: Response) -> Response {
    let name: HeaderName = header::CACHE_CONTROL;
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static("no-store"));
    response
}
