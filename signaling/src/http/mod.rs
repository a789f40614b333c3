//! The HTTP doors: standard clients (WHIP, WHEP), pages (API, WebSocket, assets) and operators
//! (health, metrics). Handlers are thin: they check, ask a room or the shop, and answer.

pub mod error;
pub mod extract;
pub mod health;
pub mod shop;
pub mod shows;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;

use crate::auth::Auth;
use crate::shop::ShopHandle;

/// What handlers share. Every part is cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Tokens and tickets.
    pub auth: Auth,
    /// Catalogue and orders.
    pub shop: ShopHandle,
}

/// All routes.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/livez", get(health::livez))
        .merge(shop::router())
        .with_state(state)
}
