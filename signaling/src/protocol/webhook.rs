//! Webhooks: what their routes take and give, and what is sent to an endpoint.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shop::HostOrderView;

/// Body of `POST /api/v1/shows/{show}/webhooks`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookBody {
    /// `https` URL that takes POSTs.
    #[schema(max_length = 2048)]
    pub url: String,
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    pub id: String,
    /// Where events go.
    pub url: String,
    /// Whether they do. An endpoint that answers 410 is disabled, a replay enables it again.
    pub enabled: bool,
    /// Events up to this number are delivered or on the list of deliveries.
    pub taken: u64,
    /// When it was made, Unix ms.
    pub created_ms: u64,
}

/// An endpoint with the secret that signs for it, told once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct NewWebhook {
    /// The endpoint.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// `whsec_` and base64, as Standard Webhooks libraries take it.
    pub secret: String,
}

/// Answer to `GET /api/v1/shows/{show}/webhooks`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    /// Oldest first.
    pub webhooks: Vec<WebhookView>,
}

/// Body of a replay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// All events after this number are sent again.
    pub after: u64,
}

/// What became of an event at an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// Number of the event in its show.
    pub seq: u64,
    /// How it stands.
    pub state: DeliveryState,
    /// Tries so far.
    pub tries: u32,
    /// HTTP status of the last try, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong in the last try without an answer.
    pub error: Option<String>,
    /// When the last try ended, Unix ms.
    pub tried_ms: Option<u64>,
    /// When the next one comes, Unix ms.
    pub due_ms: Option<u64>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be tried (again).
    Owed,
    /// The endpoint took it.
    Delivered,
    /// Ten tries failed, or the endpoint is gone.
    GivenUp,
}

/// Answer to `GET /api/v1/shows/{show}/webhooks/{id}/deliveries`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryList {
    /// Latest events first.
    pub deliveries: Vec<DeliveryView>,
}

/// Something that happened to an order: what an endpoint is sent, and what can be read after it.
/// The order is told as it is when this is sent; what happened is the `type`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// `order.` and the state that the order came to.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, RFC 3339.
    pub timestamp: String,
    /// The event.
    pub data: EventData,
}

/// The event itself.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct EventData {
    /// Show name.
    pub show: String,
    /// Number in the show, from 1 without gaps: a receiver that misses one asks for it.
    pub seq: u64,
    /// Order id.
    pub order_id: String,
    /// The order; none when its buyer had it erased.
    pub order: Option<HostOrderView>,
}

/// Answer to `GET /api/v1/shows/{show}/events`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// By number, at most a hundred; ask again after the last.
    pub events: Vec<Event>,
}
