//! What a host is told of the audience and its orders, and what is forgotten of a buyer.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::Problem;
use super::extract::{Bearer, Path};
use super::shop::host_of;
use super::shows::room;
use super::{AppState, attachment, fresh};
use crate::analytics::summary::{self, Stored};
use crate::auth::Grant;
use crate::clock::now_ms;
use crate::limits::analytics::MINUTES_MAX;
use crate::protocol::stats::Stats;
use crate::task::analytics::Analytics;

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(stats))
        .routes(routes!(table))
}

/// The audience and its orders, since the show went on air but at most for a day.
#[utoipa::path(get, path = "/shows/{show}/stats", tag = "shows", operation_id = "stats",
    security(("token" = [])),
    responses(
        (status = 200, description = "counts and sums", body = Stats),
        (status = 403, description = "`not_host`"),
    ))]
async fn stats(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let (show, from) = since(&state, show, &grant)?;
    let view = room(&state, &show)?.view();
    let Analytics { store, .. } = &state.analytics;
    let stored = async {
        Ok(Stored {
            minutes: store.minutes(&show, from).await?,
            items: store.items(&show, from).await?,
            sold: store.sold(&show, from).await?,
            sales: store.sales(&show, from).await?,
        })
    };
    let stored = stored
        .await
        .map_err(|error: sqlx::Error| Problem::internal(&error))?;
    let stats = Stats {
        started_ms: view.info.started_ms,
        viewers: view.viewers,
        ..stored.stats(now_ms())
    };
    Ok(fresh(Json(stats).into_response()))
}

/// The same as CSV, one row for each number.
#[utoipa::path(get, path = "/shows/{show}/stats.csv", tag = "shows", operation_id = "stats_table",
    security(("token" = [])),
    responses(
        (status = 200, description = "the table", body = String, content_type = "text/csv"),
        (status = 403, description = "`not_host`"),
    ))]
async fn table(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let (show, from) = since(&state, show, &grant)?;
    let Analytics { store, .. } = &state.analytics;
    let read = async {
        let counts = store.counts(&show, from).await?;
        let (sold, sales) = (
            store.sold(&show, from).await?,
            store.sales(&show, from).await?,
        );
        Ok(summary::csv(&counts, &sold, &sales))
    };
    let table = read
        .await
        .map_err(|error: sqlx::Error| Problem::internal(&error))?;
    Ok(attachment("text/csv; charset=utf-8", "stats.csv", table))
}

/// A host's show, and the minute from which on it is looked at.
fn since(state: &AppState, show: String, grant: &Grant) -> Result<(String, u64), Problem> {
    let show = host_of(show, grant)?;
    let started_ms = room(state, &show)?.view().info.started_ms;
    let oldest = (now_ms() / 60_000).saturating_sub(MINUTES_MAX);
    let from = started_ms.map_or(oldest, |started_ms| oldest.max(started_ms / 60_000));
    Ok((show, from))
}
