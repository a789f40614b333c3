//! A scenario file: who comes, for how long, and what may go wrong at most.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// Sockets, and so viewers, that one generator process may hold.
const VIEWERS_MAX: u32 = 5_000;

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Name in the report.
    pub name: String,
    /// Show that is watched.
    pub show: String,
    /// Publish the feed; otherwise somebody else does.
    pub publish: bool,
    /// Seconds measured once everybody is there.
    pub hold_s: u64,
    /// Who watches.
    pub viewers: Viewers,
    /// Who reads subtitles.
    pub captions: Option<Captions>,
    /// Who buys.
    #[serde(default)]
    pub shoppers: Shoppers,
    /// What may go wrong.
    #[serde(default)]
    pub budget: Budget,
}

/// Viewers over WHEP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Viewers {
    /// How many.
    pub count: u32,
    /// How many come in a second.
    pub ramp_per_s: u32,
}

/// Streams that speak, and readers of their subtitles. The viewers are shared among the streams;
/// server and generator share all cores.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Captions {
    /// How many streams, each a show of its own.
    pub streams: u32,
    /// Folder of clips with a manifest, from the repository's root.
    pub speech: String,
    /// Language spoken.
    pub spoken: String,
    /// Languages read, one reader of each in each show.
    pub languages: Vec<String>,
    /// Decode threads; half the cores when left out, as the server has by itself.
    pub threads: Option<usize>,
}

/// Shoppers over the WebSocket and the shop's HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shoppers {
    /// How many.
    pub count: u32,
    /// Orders of each.
    pub orders_each: u32,
    /// Pause between the orders of one.
    pub pause_ms: u64,
}

/// Limits; a missing one is not judged.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// Least share of viewers that got pictures.
    pub joined_ratio: Option<f64>,
    /// Largest share of packets lost.
    pub loss_ratio: Option<f64>,
    /// From POST to the first packet.
    pub join_ms_p95: Option<f64>,
    /// From the end of a line's speech to the line that stays, in any language.
    pub caption_lag_ms_p95: Option<f64>,
    /// Least share of the words said that came as lines, in the language spoken.
    pub captioned_ratio: Option<f64>,
    /// From tap to confirmation.
    pub order_ms_p95: Option<f64>,
    /// Server CPU for one packet over the cost of a plain `sendto`.
    pub cpu_over_floor: Option<f64>,
}

impl Scenario {
    /// The shows that are published and watched.
    pub(crate) fn shows(&self) -> Vec<String> {
        let Some(captions) = &self.captions else {
            return vec![self.show.clone()];
        };
        let name = |n| format!("{}-{n}", self.show);
        (1..=captions.streams).map(name).collect()
    }

    /// Reads and checks a file.
    pub(crate) fn read(path: &Path) -> Result<Scenario> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read scenario {}", path.display()))?;
        let scenario: Scenario =
            toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            (1..=VIEWERS_MAX).contains(&scenario.viewers.count),
            "viewers.count: 1 to {VIEWERS_MAX}"
        );
        ensure!(
            scenario.viewers.ramp_per_s > 0,
            "viewers.ramp_per_s: at least 1"
        );
        if let Some(captions) = &scenario.captions {
            ensure!(captions.streams > 0, "captions.streams: at least 1");
            let reads_spoken = captions.languages.contains(&captions.spoken);
            ensure!(
                reads_spoken,
                "captions.languages: the spoken one is among them"
            );
            ensure!(
                scenario.publish,
                "captions: only what is published here is known"
            );
        }
        ensure!(scenario.hold_s > 0, "hold_s: at least 1");
        Ok(scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_scenarios_are_valid() {
        for name in ["captions", "livestream", "smoke"] {
            let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(Scenario::read(Path::new(&path)).unwrap().name, name);
        }
    }
}
