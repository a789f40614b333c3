//! `POST /whep/{show}`: playing by draft-ietf-wish-whep. A public show needs no token. An offer
//! that asks for what is not served is answered by an offer of ours (406), which the player may
//! answer by PATCH.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use media::{Kind, OfferError, RoomId, Session, Slot};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::AppState;
use super::endpoint::{SDP, accepting, created, offer, offer_problem, session_headers};
use super::error::Problem;
use super::extract::{Bearer, require_content_type, text};
use super::shows::{may_watch, room};
use super::whip::{check_stands, entered};
use crate::clock::now_ms;
use crate::limits::INVITATION_TTL_MS;
use crate::room::Input;
use crate::task::room::RoomHandle;
use crate::task::sessions::{Answering, Door, HttpSession};

/// HTTP-date (RFC 9110 §5.6.7).
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// `HEAD` and `GET`: this is a WHEP endpoint; no content.
///
/// # Errors
/// 404 when there is no such show.
pub async fn discover(
    State(state): State<AppState>,
    Path(show): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    room(&state, &show)?;
    Ok([(header::CONTENT_TYPE.as_str(), SDP), ("accept-post", SDP)])
}

/// Why a player that offers to receive pictures could see none of those on air.
async fn no_picture(state: &AppState, session: &Session) -> Option<OfferError> {
    let track = session.undecodable.first()?;
    let shown = state.media.slots(session.id).await.ok()?;
    let has_picture =
        |(slot, track): &(Slot, Option<_>)| slot.kind == Kind::Video && track.is_some();
    (!shown.iter().any(has_picture)).then_some(OfferError::Codec {
        track: track.id,
        codec: track.codec,
    })
}

/// Takes a player.
///
/// # Errors
/// 401 or 403 for a private show, 404, 415, 413, 400 for the offer, 422 when none of its codecs is
/// that of a picture on air, 503 when full.
pub async fn play(
    State(state): State<AppState>,
    Path(show): Path<String>,
    bearer: Option<Bearer>,
    request: Request,
) -> Result<Response, Problem> {
    let room = room(&state, &show)?;
    may_watch(&room, bearer.as_ref())?;
    let offer = offer(request, &state).await?;
    let session = match state.media.play(&RoomId(show.clone()), offer).await {
        Ok(session) => session,
        Err(OfferError::Unacceptable(why)) => return counter_offer(&state, &show, &why).await,
        Err(error) => return Err(offer_problem(error)),
    };
    if let Some(why) = no_picture(&state, &session).await {
        state.media.close(session.id).await;
        return Err(offer_problem(why));
    }
    entered(&state, room.ask(Input::WatcherCame).await, session.id).await?;
    let opened = state.sessions.add(player(&show, session.id));
    check_stands(&state, &opened.key).await?;
    Ok(created(&state, Door::Whep, &show, &opened, session.answer))
}

fn player(show: &str, id: media::SessionId) -> HttpSession {
    HttpSession {
        door: Door::Whep,
        show: show.to_owned(),
        participant: String::new(),
        id,
    }
}

/// 406 with an offer of ours.
async fn counter_offer(state: &AppState, show: &str, why: &str) -> Result<Response, Problem> {
    tracing::debug!(show, why, "WHEP counter-offer");
    let invitation = state.media.invite().await.map_err(offer_problem)?;
    let (offer, now_ms) = (invitation.offer.clone(), now_ms());
    let opened = state.sessions.invite(show, invitation, now_ms);
    let opened = opened.ok_or_else(|| offer_problem(OfferError::Full))?;
    let until = valid_until(now_ms + INVITATION_TTL_MS);
    let content_type = format!("{SDP}; valid-until=\"{until}\"");
    let content_type = HeaderValue::try_from(content_type).expect("a date is ASCII");
    let headers = session_headers(state, Door::Whep, show, &opened);
    let content_type = [(header::CONTENT_TYPE, content_type)];
    Ok((StatusCode::NOT_ACCEPTABLE, headers, content_type, offer).into_response())
}

fn valid_until(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX);
    let date = OffsetDateTime::from_unix_timestamp(seconds);
    date.unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(HTTP_DATE)
        .expect("every date has these parts")
}

/// Takes the player's answer to our offer: 204. A refused answer leaves the offer as it was.
///
/// # Errors
/// 415, 413, 400 or 422 for the answer, 503 when full.
pub(super) async fn answer(
    state: &AppState,
    show: &str,
    answering: Answering,
    request: Request,
) -> Result<Response, Problem> {
    require_content_type(request.headers(), SDP)
        .map_err(|problem| accepting(problem, "accept-patch", SDP))?;
    if !state.sessions.has_room() {
        return Err(offer_problem(OfferError::Full));
    }
    let room: RoomHandle = room(state, show)?;
    let answer = text(request, state, "malformed_sdp").await?;
    let media_room = RoomId(show.to_owned());
    let session = state
        .media
        .accept(&media_room, answering.invitation(), answer)
        .await
        .map_err(offer_problem)?;
    if let Err(problem) = entered(state, room.ask(Input::WatcherCame).await, session.id).await {
        answering.withdraw();
        return Err(problem);
    }
    let key = answering.done(player(show, session.id));
    check_stands(state, &key).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_http_dates() {
        assert_eq!(
            valid_until(1_728_468_000_999),
            "Wed, 09 Oct 2024 10:00:00 GMT"
        );
    }
}
