//! Webhooks over HTTP, for a show's host: endpoints, their deliveries, replay, and the events
//! themselves to be read.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path, Query};
use super::shop::host_of;
use super::{AppState, fresh};
use crate::auth::{Grant, random_id};
use crate::clock::now_ms;
use crate::limits::webhooks::EVENTS_LISTED_MAX;
use crate::protocol::API;
use crate::protocol::webhook::{
    DeliveryList, EventList, NewWebhook, ReplayBody, WebhookBody, WebhookList,
};
use crate::store::webhooks::Webhook;
use crate::task::webhooks::Webhooks;
use crate::webhook::sign::Secret;

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(rotate))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
        .routes(routes!(events))
}

/// Endpoints that are told about this show's orders.
#[utoipa::path(get, path = "/shows/{show}/webhooks", tag = "webhooks",
    operation_id = "list_webhooks", security(("token" = [])),
    responses(
        (status = 200, description = "the endpoints", body = WebhookList),
        (status = 403, description = "`not_host`"),
    ))]
async fn list(
    State(hooks): State<Webhooks>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let show = host_of(show, &grant)?;
    let webhooks = hooks.store.list(Some(&show)).await.map_err(broken)?;
    let webhooks = webhooks.iter().map(Webhook::view).collect();
    Ok(fresh(Json(WebhookList { webhooks }).into_response()))
}

/// Adds an endpoint by Standard Webhooks 1.0. It is told what happens from now on, at least once.
#[utoipa::path(post, path = "/shows/{show}/webhooks", tag = "webhooks",
    operation_id = "add_webhook", security(("token" = [])), request_body = WebhookBody,
    responses(
        (status = 201, description = "added; the secret is told this once", body = NewWebhook,
            headers(("Location" = String, description = "the endpoint"))),
        (status = 403, description = "`not_host`"),
        (status = 409, description = "`webhooks_full`"),
        (status = 422, description = "`invalid_url`"),
    ))]
async fn add(
    State(hooks): State<Webhooks>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<WebhookBody>,
) -> Result<Response, Problem> {
    let show = host_of(show, &grant)?;
    let url = hooks.guard.url(&body.url).map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_url",
            error.to_string(),
        )
    })?;
    let webhook = Webhook {
        id: random_id(),
        show,
        url: url.into(),
        secret: Secret::fresh(),
        old_secret: None,
        is_enabled: true,
        taken: 0,
        created_ms: now_ms(),
    };
    if !hooks.store.add(&webhook).await.map_err(broken)? {
        let detail = "the show has as many endpoints as it may";
        return Err(Problem::new(StatusCode::CONFLICT, "webhooks_full", detail));
    }
    hooks.changed(&webhook.id).await;
    let webhook = known(&hooks, &webhook.show, &webhook.id).await?;
    let place = format!("{API}/shows/{}/webhooks/{}", webhook.show, webhook.id);
    let told = (
        StatusCode::CREATED,
        [(header::LOCATION, place)],
        Json(secret_of(&webhook)),
    );
    Ok(fresh(told.into_response()))
}

/// Forgets an endpoint and its deliveries.
#[utoipa::path(delete, path = "/shows/{show}/webhooks/{id}", tag = "webhooks",
    operation_id = "remove_webhook", security(("token" = [])),
    responses(
        (status = 204, description = "forgotten"),
        (status = 403, description = "`not_host`"),
    ))]
async fn remove(
    State(hooks): State<Webhooks>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    let webhook = hosted(&hooks, show, &id, &grant).await?;
    hooks.store.remove(&webhook.id).await.map_err(broken)?;
    hooks.changed(&webhook.id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Another secret. For a day both sign, so that the receiver can change over.
#[utoipa::path(post, path = "/shows/{show}/webhooks/{id}/rotate", tag = "webhooks",
    operation_id = "rotate_webhook", security(("token" = [])),
    responses(
        (status = 200, description = "the endpoint with its new secret", body = NewWebhook),
        (status = 403, description = "`not_host`"),
    ))]
async fn rotate(
    State(hooks): State<Webhooks>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let webhook = hosted(&hooks, show, &id, &grant).await?;
    let secret = Secret::fresh();
    hooks
        .store
        .rotate(&id, &secret, now_ms())
        .await
        .map_err(broken)?;
    hooks.changed(&id).await;
    let webhook = known(&hooks, &webhook.show, &id).await?;
    Ok(fresh(Json(secret_of(&webhook)).into_response()))
}

/// Sends all events after a number again, in their order, and enables a disabled endpoint.
#[utoipa::path(post, path = "/shows/{show}/webhooks/{id}/replay", tag = "webhooks",
    operation_id = "replay_webhook", security(("token" = [])), request_body = ReplayBody,
    responses(
        (status = 204, description = "they will come"),
        (status = 403, description = "`not_host`"),
    ))]
async fn replay(
    State(hooks): State<Webhooks>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<ReplayBody>,
) -> Result<StatusCode, Problem> {
    hosted(&hooks, show, &id, &grant).await?;
    hooks.store.replay(&id, body.after).await.map_err(broken)?;
    hooks.changed(&id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// What became of the latest events at an endpoint.
#[utoipa::path(get, path = "/shows/{show}/webhooks/{id}/deliveries", tag = "webhooks",
    operation_id = "list_deliveries", security(("token" = [])),
    responses(
        (status = 200, description = "the deliveries", body = DeliveryList),
        (status = 403, description = "`not_host`"),
    ))]
async fn deliveries(
    State(hooks): State<Webhooks>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    hosted(&hooks, show, &id, &grant).await?;
    let deliveries = hooks.store.deliveries(&id).await.map_err(broken)?;
    Ok(fresh(Json(DeliveryList { deliveries }).into_response()))
}

/// Where to read on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// Number of the last event that is known.
    #[serde(default)]
    after: u64,
}

/// What happened to this show's orders, in order. For a month; a receiver that missed some asks
/// here.
#[utoipa::path(get, path = "/shows/{show}/events", tag = "webhooks",
    operation_id = "list_events", security(("token" = [])), params(After),
    responses(
        (status = 200, description = "the events", body = EventList),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn events(
    State(hooks): State<Webhooks>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    Query(After { after }): Query<After>,
) -> Result<Response, Problem> {
    let show = host_of(show, &grant)?;
    if i64::try_from(after).is_err() {
        let detail = "`after` is a number of an event";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail));
    }
    let noted = hooks
        .store
        .events(&show, after, EVENTS_LISTED_MAX)
        .await
        .map_err(broken)?;
    let mut events = Vec::with_capacity(noted.len());
    for noted in noted {
        events.push(hooks.event(noted).await?);
    }
    Ok(fresh(Json(EventList { events }).into_response()))
}

fn secret_of(webhook: &Webhook) -> NewWebhook {
    NewWebhook {
        webhook: webhook.view(),
        secret: webhook.secret.reveal(),
    }
}

/// An endpoint of a show, for its host.
async fn hosted(
    hooks: &Webhooks,
    show: String,
    id: &str,
    grant: &Grant,
) -> Result<Webhook, Problem> {
    let show = host_of(show, grant)?;
    known(hooks, &show, id).await
}

async fn known(hooks: &Webhooks, show: &str, id: &str) -> Result<Webhook, Problem> {
    let webhook = hooks.store.get(id).await.map_err(broken)?;
    let webhook = webhook.filter(|webhook| webhook.show == show);
    webhook.ok_or_else(|| Problem::not_found("the show has no such endpoint"))
}

fn broken(error: sqlx::Error) -> Problem {
    Problem::internal(&error)
}
