//! What a WHEP player is told over server-sent events (WHEP core extensions, "Server Sent
//! Events extension"): the draft's own events, and the shop's and the captions' in the shapes of
//! the WebSocket's log.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::server::RoomEvent;
use crate::room::AS_SPOKEN;

/// There is a picture or sound.
pub const ACTIVE: &str = "active";
/// There is none any more.
pub const INACTIVE: &str = "inactive";
/// Layers of the picture, to choose from.
pub const LAYERS: &str = "layers";
/// How many watch.
pub const VIEWERCOUNT: &str = "viewercount";
/// Come back: the server is stopping.
pub const RECONNECT: &str = "reconnect";
/// A product was laid over the picture.
pub const PINNED: &str = "pinned";
/// It was taken off.
pub const UNPINNED: &str = "unpinned";
/// A product is on the shelf, new or changed.
pub const PRODUCT: &str = "product";
/// What can still be bought of it.
pub const STOCK: &str = "stock";
/// A final caption. `caption:ja` in the request asks for one language and keeps it wanted;
/// `caption` alone keeps wanted what is spoken.
pub const CAPTION: &str = "caption";

/// All of them, as the `Link` announces them.
pub const ANNOUNCED: [&str; 10] = [
    ACTIVE,
    INACTIVE,
    LAYERS,
    VIEWERCOUNT,
    RECONNECT,
    PINNED,
    UNPINNED,
    PRODUCT,
    STOCK,
    CAPTION,
];

/// What one stream asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    names: BTreeSet<&'static str>,
    /// Caption languages; none named means all.
    pub languages: BTreeSet<String>,
    /// The events were named one by one.
    is_named: bool,
}

impl Default for Wanted {
    /// Everything announced.
    fn default() -> Wanted {
        Wanted {
            names: ANNOUNCED.into(),
            languages: BTreeSet::new(),
            is_named: false,
        }
    }
}

impl Wanted {
    /// What a request's list names; what is not announced is passed over.
    #[must_use]
    pub fn of<'a>(list: impl IntoIterator<Item = &'a str>) -> Wanted {
        let mut wanted = Wanted {
            names: BTreeSet::new(),
            languages: BTreeSet::new(),
            is_named: true,
        };
        for item in list {
            let (name, language) = item.split_once(':').unwrap_or((item, ""));
            let Some(name) = ANNOUNCED.into_iter().find(|known| *known == name) else {
                continue;
            };
            wanted.names.insert(name);
            if name == CAPTION && !language.is_empty() {
                wanted.languages.insert(language.to_owned());
            }
        }
        wanted
    }

    /// Languages that this reader keeps wanted: those it named; what is spoken, when it named
    /// captions and no language; none, when it takes whatever there is.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let spoken = self.is_named && self.has(CAPTION) && self.languages.is_empty();
        let languages = self.languages.iter().map(String::as_str);
        languages.chain(spoken.then_some(AS_SPOKEN))
    }

    /// Whether events of this name were asked for.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The event of a log entry, when there is one and it was asked for.
    #[must_use]
    pub fn event(&self, entry: &RoomEvent) -> Option<(&'static str, Value)> {
        let (name, data) = match entry {
            RoomEvent::Pinned(pin) => (PINNED, json!(pin)),
            RoomEvent::Unpinned { product } => (UNPINNED, json!({ "product": product })),
            RoomEvent::Product(product) => (PRODUCT, json!(product)),
            RoomEvent::Stock {
                product,
                variant,
                available,
            } => {
                let stock = json!({
                    "product": product, "variant": variant, "available": available,
                });
                (STOCK, stock)
            }
            RoomEvent::Caption(caption) => {
                let is_read =
                    self.languages.is_empty() || self.languages.contains(&caption.language);
                return (is_read && self.has(CAPTION)).then(|| (CAPTION, json!(caption)));
            }
            _ => return None,
        };
        self.has(name).then_some((name, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::server::CaptionView;

    fn caption(language: &str) -> RoomEvent {
        RoomEvent::Caption(CaptionView {
            id: "7".into(),
            participant: "p".into(),
            language: language.into(),
            spoken: "en".into(),
            text: "Hello".into(),
            kept: false,
            start_ms: 1,
            end_ms: 2,
            ..CaptionView::default()
        })
    }

    #[test]
    fn a_stream_gets_what_it_named() {
        let gone = RoomEvent::Unpinned {
            product: "rug".into(),
        };
        let wanted = Wanted::of(["unpinned", "caption:ja", "layers", "captions", "scte35"]);
        assert_eq!(
            wanted.event(&gone),
            Some((UNPINNED, json!({ "product": "rug" })))
        );
        assert!(wanted.event(&caption("ja")).is_some());
        assert!(wanted.event(&caption("fr")).is_none());
        assert!(wanted.has(LAYERS) && !wanted.has(ACTIVE));
        let all = Wanted::default();
        assert!(all.event(&caption("fr")).is_some() && all.has(ACTIVE));
        let reads = |wanted: &Wanted| wanted.reads().collect::<Vec<_>>().join(" ");
        assert_eq!((reads(&wanted), reads(&all)), ("ja".into(), String::new()));
        assert_eq!(reads(&Wanted::of(["caption"])), AS_SPOKEN);
        assert_eq!(Wanted::of([]).event(&gone), None);
    }
}
