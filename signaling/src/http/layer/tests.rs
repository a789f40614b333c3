//! Wishes of players, and what they are told.

use media::{Kind, Slot, TrackId};

use super::*;

fn layer(n: u8, rid: &str, active: bool, height: u16, bitrates: &[u64]) -> LayerInfo {
    LayerInfo {
        layer: n,
        rid: Some(rid.into()),
        active,
        size: (height > 0).then_some((height / 9 * 16, height)),
        bitrates: bitrates.to_vec(),
    }
}

/// A video m-line behind an audio one, showing two encodings.
fn shown() -> SlotLayers {
    SlotLayers {
        slot: Slot {
            mid: "v".into(),
            line: 1,
            kind: Kind::Video,
        },
        track: Some(TrackId(7)),
        layers: vec![
            layer(0, "q", true, 180, &[60_000, 100_000]),
            layer(1, "h", false, 0, &[0]),
        ],
        showing: None,
        choice: LayerChoice::Auto,
    }
}

/// The choice made of a wish for [`shown`], or status and code of the refusal.
fn choose(shown: SlotLayers, wish: Value) -> Result<LayerChoice, (u16, &'static str)> {
    let wish: Wish = serde_json::from_value(wish).expect("a wish");
    let slots = [shown];
    let choice = wish.slot(&slots).and_then(|slot| wish.choice(slot));
    choice.map_err(|problem| (problem.status().as_u16(), problem.code()))
}

#[test]
fn wishes_become_choices() {
    let fixed = |layer, temporal| LayerChoice::Fixed { layer, temporal };
    let within = |width, height, temporal| LayerChoice::Within {
        width,
        height,
        temporal,
    };
    for (wish, expected) in [
        (json!({}), LayerChoice::Auto),
        (json!({ "mediaId": "1" }), LayerChoice::Auto),
        (
            json!({ "maxSpatialLayerId": 3, "spatialLayerId": 0, "new": 1 }),
            LayerChoice::Auto,
        ),
        (json!({ "mediaId": "1", "rid": "h" }), fixed(1, None)),
        (json!({ "encodingId": "q" }), fixed(0, None)),
        (
            json!({ "rid": "q", "temporalLayerId": 1, "maxTemporalLayerId": 0 }),
            fixed(0, Some(0)),
        ),
        (
            json!({ "maxTemporalLayerId": 9_999 }),
            within(None, None, Some(255)),
        ),
        (json!({ "temporalLayerId": 1 }), within(None, None, Some(1))),
        (
            json!({ "maxWidth": 640, "maxHeight": 100_000 }),
            within(Some(640), Some(u16::MAX), None),
        ),
    ] {
        assert_eq!(choose(shown(), wish.clone()), Ok(expected), "{wish}");
    }
}

#[test]
fn what_is_not_there_cannot_be_chosen() {
    let off_air = || SlotLayers {
        track: None,
        layers: Vec::new(),
        ..shown()
    };
    for (shown, wish, expected) in [
        (shown(), json!({ "mediaId": "0" }), (422, "unknown_media")),
        (shown(), json!({ "mediaId": "v" }), (422, "unknown_media")),
        (shown(), json!({ "mediaId": "01" }), (422, "unknown_media")),
        (shown(), json!({ "rid": "f" }), (422, "unknown_layer")),
        (
            shown(),
            json!({ "spatialLayerId": 1 }),
            (422, "unknown_layer"),
        ),
        (
            shown(),
            json!({ "rid": "h", "temporalLayerId": 1 }),
            (422, "unknown_layer"),
        ),
        (
            shown(),
            json!({ "temporalLayerId": 2 }),
            (422, "unknown_layer"),
        ),
        (off_air(), json!({ "rid": "q" }), (409, "nothing_on_air")),
    ] {
        assert_eq!(choose(shown, wish.clone()), Err(expected), "{wish}");
    }
    assert_eq!(choose(off_air(), json!({})), Ok(LayerChoice::Auto));
}

#[test]
fn layers_are_told_best_first_and_bitrates_alone_are_no_news() {
    let mut slots = [shown()];
    assert_eq!(
        told(&slots),
        json!({ "1": [
            { "rid": "h", "spatialLayerId": 0, "temporalLayerId": 0 },
            { "rid": "q", "spatialLayerId": 0, "temporalLayerId": 1, "bitrate": 100_000,
              "width": 320, "height": 180 },
            { "rid": "q", "spatialLayerId": 0, "temporalLayerId": 0, "bitrate": 60_000,
              "width": 320, "height": 180 },
        ] })
    );
    let before = shape(&slots);
    slots[0].layers[0].bitrates = vec![70_000, 90_000];
    assert_eq!(shape(&slots), before);
    assert_eq!([2, 1, 0].map(|looks| looks_left(looks, &slots)), [1, 0, 0]);
    slots[0].layers[1].active = true;
    let unmeasured = [2, 1, 0].map(|looks| looks_left(looks, &slots));
    assert_eq!(unmeasured, [1, 1, 1], "it goes on");
    slots[0].layers[1].bitrates = vec![300_000];
    assert_ne!(shape(&slots), before);
    slots[0].layers.clear();
    assert_eq!(told(&slots), json!({}));
}
