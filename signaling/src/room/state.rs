//! What a log entry does to a show's state. A page's `reduce` does the same, so that a snapshot
//! and the entries after it always give the state of the room.

use crate::limits::{CAPTIONS_MAX, CHAT_LINES_MAX, PINS_MAX};
use crate::protocol::server::{
    CaptionView, ChatRules, Pin, ProductView, RoomEvent, ShowInfo, ShowState,
};

/// A show nothing has happened in.
#[must_use]
pub fn empty(info: ShowInfo) -> ShowState {
    ShowState {
        info,
        participants: Vec::new(),
        tracks: Vec::new(),
        pins: Vec::new(),
        products: Vec::new(),
        now_showing: None,
        captions: Vec::new(),
        chat: Vec::new(),
        chat_rules: ChatRules::default(),
        languages: Vec::new(),
        pairs: Vec::new(),
    }
}

/// Applies one event.
pub fn apply(state: &mut ShowState, event: &RoomEvent) {
    match event.clone() {
        RoomEvent::Show(info) => state.info = info,
        RoomEvent::Participant(person) => {
            upsert(&mut state.participants, person, |a, b| a.id == b.id);
        }
        RoomEvent::ParticipantLeft { id } => state.participants.retain(|person| person.id != id),
        RoomEvent::TrackAdded(track) => upsert(&mut state.tracks, track, |a, b| a.id == b.id),
        RoomEvent::TrackRemoved { id } => state.tracks.retain(|track| track.id != id),
        RoomEvent::Pinned(pin) => pinned(&mut state.pins, pin),
        RoomEvent::Unpinned { product } => state.pins.retain(|pin| pin.product != product),
        RoomEvent::Product(product) => upsert(&mut state.products, product, |a, b| a.id == b.id),
        RoomEvent::ProductRemoved { product } => {
            state.pins.retain(|pin| pin.product != product);
            state.now_showing.take_if(|shown| *shown == product);
            state.products.retain(|known| known.id != product);
        }
        RoomEvent::Order { products } => order(&mut state.products, &products),
        RoomEvent::NowShowing { product } => state.now_showing = product,
        RoomEvent::Stock {
            product,
            variant,
            available,
        } => {
            if let Some(known) = state.products.iter_mut().find(|known| known.id == product) {
                restock(known, &variant, available);
            }
        }
        RoomEvent::Caption(caption) => captioned(&mut state.captions, caption),
        RoomEvent::CaptionGap { .. }
        | RoomEvent::PriceChanged { .. }
        | RoomEvent::SoldOut { .. } => {}
        RoomEvent::Languages { languages, pairs } => {
            state.languages = languages;
            state.pairs = pairs;
        }
        RoomEvent::Chat(line) => {
            state.chat.push(line);
            keep_last(&mut state.chat, CHAT_LINES_MAX);
        }
        RoomEvent::ChatRemoved { id } => {
            state.chat.retain(|line| line.id != id);
            if state.chat_rules.has_pinned(id) {
                state.chat_rules = state.chat_rules.unpinned();
            }
        }
        RoomEvent::ChatRules(rules) => state.chat_rules = rules,
    }
}

fn restock(product: &mut ProductView, variant: &str, available: u32) {
    for known in &mut product.variants {
        if known.id == variant {
            known.available = available;
        }
    }
    let pieces = product.variants.iter().map(|known| known.available);
    product.available = pieces.fold(0, u32::saturating_add);
}

/// Stable: what is not named comes after, as it stood.
fn order(shelf: &mut [ProductView], ids: &[String]) {
    shelf.sort_by_key(|product| {
        let place = ids.iter().position(|id| *id == product.id);
        place.unwrap_or(ids.len())
    });
}

fn pinned(pins: &mut Vec<Pin>, pin: Pin) {
    pins.retain(|other| other.product != pin.product);
    pins.push(pin);
    keep_last(pins, PINS_MAX);
}

fn captioned(captions: &mut Vec<CaptionView>, caption: CaptionView) {
    upsert(captions, caption, |a, b| {
        a.id == b.id && a.language == b.language
    });
    keep_last(captions, CAPTIONS_MAX);
}

fn upsert<T>(list: &mut Vec<T>, item: T, is_same: impl Fn(&T, &T) -> bool) {
    match list.iter_mut().find(|known| is_same(known, &item)) {
        Some(known) => *known = item,
        None => list.push(item),
    }
}

fn keep_last<T>(list: &mut Vec<T>, max: usize) {
    if list.len() > max {
        list.drain(..list.len() - max);
    }
}
