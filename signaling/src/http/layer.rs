//! Which layer of a picture a WHEP player is sent (WHEP core extensions, "Video Layer Selection
//! extension"): `POST …/layer` chooses, the `layers` event says what there is to choose from.
//!
//! What the draft calls a rid is a simulcast encoding. Encodings here have one spatial layer.

use std::cmp::Reverse;

use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{StatusCode, Uri};
use media::{LayerChoice, LayerInfo, OfferError, SlotLayers};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::AppState;
use super::endpoint::offer_problem;
use super::error::Problem;
use super::extract::JsonBody;
use super::session::find;

/// The extension's `Link` for a session.
#[must_use]
pub fn link(session: &str) -> String {
    format!("<{session}/layer>; rel=\"urn:ietf:params:whep:ext:core:layer\"")
}

/// What a player asks for. What it leaves out is the server's choice; members it does not know
/// yet are passed over.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    /// Index of the m-line; left out: the first video one.
    media_id: Option<String>,
    /// The encoding. Older drafts, and players made to them, say `encodingId`.
    #[serde(alias = "encodingId")]
    rid: Option<String>,
    spatial_layer_id: Option<u32>,
    temporal_layer_id: Option<u32>,
    max_spatial_layer_id: Option<u32>,
    max_temporal_layer_id: Option<u32>,
    max_width: Option<u32>,
    max_height: Option<u32>,
}

/// `POST`: from now on this layer, or the best within these limits, or (nothing named) what the
/// server thinks best. It holds for the session, whoever publishes.
///
/// # Errors
/// 404, 415, 413, 400 or 422 for the body, 422 for an m-line or layer that is not there, 409 for
/// an encoding while nothing is on air. The choice made before stands.
pub async fn choose(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key)): Path<(String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (session, _) = find(&state, &uri, (&show, &key))?;
    let JsonBody(members) = JsonBody::<Map<String, Value>>::from_request(request, &state).await?;
    let wish: Wish = serde_json::from_value(Value::Object(members))
        .map_err(|error| unprocessable("invalid_body", error.to_string()))?;
    let slots = state.media.layers(session.id).await;
    let slots = slots.map_err(offer_problem)?;
    let shown = wish.slot(&slots)?;
    let (mid, choice) = (&shown.slot.mid, wish.choice(shown)?);
    let chosen = state.media.select_layer(session.id, mid, choice).await;
    chosen.map_err(|error| match error {
        // The picture has changed since it was looked at.
        OfferError::Unacceptable(why) => unprocessable("unknown_layer", why),
        other => offer_problem(other),
    })?;
    Ok(StatusCode::OK)
}

fn unprocessable(code: &'static str, why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, why)
}

impl Wish {
    fn slot<'a>(&self, slots: &'a [SlotLayers]) -> Result<&'a SlotLayers, Problem> {
        let found = match &self.media_id {
            None => slots.first(),
            Some(id) => slots
                .iter()
                .find(|shown| shown.slot.line.to_string() == *id),
        };
        found.ok_or_else(|| {
            let lines: Vec<_> = slots.iter().map(|shown| shown.slot.line).collect();
            let id = self.media_id.as_deref().unwrap_or("(the first video one)");
            let why = format!("`mediaId` {id} is none of the video m-lines {lines:?}");
            unprocessable("unknown_media", why)
        })
    }

    fn choice(&self, shown: &SlotLayers) -> Result<LayerChoice, Problem> {
        let unknown = |why: String| Err(unprocessable("unknown_layer", why));
        if let Some(id) = self.spatial_layer_id.filter(|id| *id > 0) {
            return unknown(format!(
                "no spatial layer {id}: encodings have one, 0; choose by `rid`"
            ));
        }
        let named = match &self.rid {
            Some(rid) => Some(encoding(shown, rid)?),
            None => None,
        };
        let deepest = match named {
            Some(layer) => layer.bitrates.len(),
            None => {
                let depths = shown.layers.iter().map(|layer| layer.bitrates.len());
                depths.max().unwrap_or(usize::MAX)
            }
        };
        if let Some(id) = self.temporal_layer_id
            && usize::try_from(id).is_ok_and(|id| id >= deepest)
        {
            return unknown(format!("no temporal layer {id}, but {deepest}, from 0 on"));
        }
        let temporal = [self.temporal_layer_id, self.max_temporal_layer_id];
        let temporal = temporal.into_iter().flatten().min();
        let temporal = temporal.map(|id| u8::try_from(id).unwrap_or(u8::MAX));
        let pixels = |most: Option<u32>| most.map(|most| u16::try_from(most).unwrap_or(u16::MAX));
        Ok(
            match (named, pixels(self.max_width), pixels(self.max_height)) {
                (Some(layer), ..) => LayerChoice::Fixed {
                    layer: layer.layer,
                    temporal,
                },
                (None, None, None) if temporal.is_none() => LayerChoice::Auto,
                (None, width, height) => LayerChoice::Within {
                    width,
                    height,
                    temporal,
                },
            },
        )
    }
}

fn encoding<'a>(shown: &'a SlotLayers, rid: &str) -> Result<&'a LayerInfo, Problem> {
    let mut layers = shown.layers.iter();
    if let Some(found) = layers.find(|layer| layer.rid.as_deref() == Some(rid)) {
        return Ok(found);
    }
    if shown.track.is_none() {
        let why = "nothing is on air, so there is no encoding to choose";
        let hint = "wait for the `layers` event, or choose by `maxWidth` and `maxHeight`";
        return Err(Problem::new(StatusCode::CONFLICT, "nothing_on_air", why).hint(hint));
    }
    let known = shown.layers.iter().filter_map(|layer| layer.rid.as_deref());
    let known = known.collect::<Vec<_>>().join(", ");
    let why = format!("no encoding `{rid}`; there are: {known}");
    Err(unprocessable("unknown_layer", why))
}

/// What the `layers` event tells of a player's m-lines: an array of layers for each, the best
/// first. A layer without `bitrate` is not being sent.
#[must_use]
pub fn told(slots: &[SlotLayers]) -> Value {
    describe(slots, |bitrate| bitrate)
}

/// The same, with every bitrate alike: what has changed when this has is worth an event.
#[must_use]
pub fn shape(slots: &[SlotLayers]) -> Value {
    describe(slots, |_| 1)
}

/// How often to look again after this look. Without its bitrate a layer that is sent would count
/// as not sent: it goes on until all are measured.
#[must_use]
pub fn looks_left(looks: u8, slots: &[SlotLayers]) -> u8 {
    let mut layers = slots.iter().flat_map(|shown| &shown.layers);
    let is_unmeasured = layers.any(|layer| layer.active && layer.bitrates.last() == Some(&0));
    looks.saturating_sub(1).max(u8::from(is_unmeasured))
}

fn describe(slots: &[SlotLayers], rate: impl Fn(u64) -> u64) -> Value {
    let on_air = slots.iter().filter(|shown| !shown.layers.is_empty());
    let lines = on_air.map(|shown| {
        let mut layers: Vec<_> = shown.layers.iter().collect();
        layers.sort_by_key(|layer| Reverse(layer.layer));
        let layers = layers.into_iter().flat_map(|layer| {
            let temporal = layer.bitrates.iter().enumerate().rev();
            temporal.map(|(id, bitrate)| one(layer, id, *bitrate, &rate))
        });
        (shown.slot.line.to_string(), layers.collect())
    });
    Value::Object(lines.collect())
}

fn one(layer: &LayerInfo, temporal: usize, bitrate: u64, rate: impl Fn(u64) -> u64) -> Value {
    let mut told = json!({ "spatialLayerId": 0, "temporalLayerId": temporal });
    if let Some(rid) = &layer.rid {
        told["rid"] = json!(rid);
    }
    if layer.active && bitrate > 0 {
        told["bitrate"] = json!(rate(bitrate));
    }
    if let Some((width, height)) = layer.size {
        told["width"] = json!(width);
        told["height"] = json!(height);
    }
    told
}

#[cfg(test)]
mod tests;
