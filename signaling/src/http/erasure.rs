//! A buyer asks to be forgotten: a host of the merchant erases name, contact and address from the
//! orders; what was bought stays, as numbers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody};
use super::merchant::merchant_of;
use crate::limits::shop::CONTACT_CHARS_MAX;
use crate::protocol::stats::{Erased, Erasure};

/// Erases a buyer's name, contact and address: of one order, or of all with a contact. Once more
/// is no harm.
#[utoipa::path(post, path = "/erasures", tag = "merchant", operation_id = "erase",
    security(("token" = [])), request_body = Erasure,
    responses(
        (status = 200, description = "how many orders were freed of it", body = Erased),
        (status = 403, description = "`not_host`"),
    ))]
pub async fn erase(
    State(state): State<AppState>,
    Bearer(grant): Bearer,
    JsonBody(wish): JsonBody<Erasure>,
) -> Result<Json<Erased>, Problem> {
    let merchant = merchant_of(&grant)?;
    let (Erasure::Order(text) | Erasure::Contact(text)) = &wish;
    if !(1..=CONTACT_CHARS_MAX).contains(&text.trim().chars().count()) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_body",
            format!("name an order or a contact of 1 to {CONTACT_CHARS_MAX} characters"),
        ));
    }
    let (order, contact) = match &wish {
        Erasure::Order(id) => (id.trim(), ""),
        Erasure::Contact(contact) => ("", contact.trim()),
    };
    let erased = state.analytics.store.erase(merchant, order, contact).await;
    let orders = erased.map_err(|error| Problem::internal(&error))?;
    tracing::info!(merchant, orders, "a buyer's data were erased");
    Ok(Json(Erased { orders }))
}
