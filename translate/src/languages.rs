//! What the installed models reach: from a spoken language to the languages of the menu, by which
//! steps, and how well. Pure.
//!
//! A transcript is translated by a model of its own direction, else through English, else by a
//! translator outside this process when there is one. Only where none of them reads the spoken
//! language does Whisper's own translation to English stand in: it costs a second decode and is
//! the weaker of the two. Chinese is converted between its scripts
//! by rule, so a viewer reads the one they chose whatever was written.

use std::collections::BTreeSet;

use crate::Language;
use crate::models::{Installed, WhisperModel};
use crate::outside::Offer;
use crate::ports::{Quality, Reach, Routes};
use crate::tag::{Script, Tag};

/// The languages that multilingual Whisper hears, in the spelling of [`Tag`].
const HEARD: &str = "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo \
    fr gl gu ha haw he hi hr ht hu hy id is it ja jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml \
    mn mr ms mt my ne nl no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th \
    tk tl tr tt uk ur uz vi yi yo yue zh";

/// Spoken languages whose own translation by Whisper base is usable: chrF2 47 for both, against
/// 39 for French and less for German, Portuguese and Chinese (one clip of six is right).
const USABLE: [&str; 2] = ["es", "it"];

/// One step of a text translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Chinese characters into this script.
    Write(Script),
    /// Through the model of this direction, named as it is installed.
    Pair(Tag, Tag),
}

/// What the recogniser hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// There is no recogniser.
    Nothing,
    /// English only.
    English,
    /// Any language of Whisper's, which it can also translate to English.
    Everything,
}

/// The graph of languages.
#[derive(Debug, Clone)]
pub struct Languages {
    hearing: Hearing,
    pairs: BTreeSet<(Tag, Tag)>,
    /// What can be had from outside just now.
    outside: Offer,
}

impl Languages {
    /// A graph of a recogniser and translation models.
    #[must_use]
    pub fn new(hearing: Hearing, pairs: impl IntoIterator<Item = (Tag, Tag)>) -> Languages {
        Languages {
            hearing,
            pairs: pairs.into_iter().collect(),
            outside: Offer::default(),
        }
    }

    /// The same with what a translator outside this process offers.
    #[must_use]
    pub fn with_outside(self, outside: Offer) -> Languages {
        Languages { outside, ..self }
    }

    /// The graph of what is installed, with `recognizer` the Whisper file in use.
    #[must_use]
    pub fn of(installed: &Installed, recognizer: Option<&WhisperModel>) -> Languages {
        let hearing = match recognizer.map(|model| model.is_multilingual) {
            None => Hearing::Nothing,
            Some(false) => Hearing::English,
            Some(true) => Hearing::Everything,
        };
        let pairs = installed
            .pairs
            .iter()
            .map(|pair| (pair.from.clone(), pair.to.clone()));
        Languages::new(hearing, pairs)
    }

    /// The steps that turn text in `from` into text in `to`; none when it can stay as it is.
    #[must_use]
    pub fn route(&self, from: &Tag, to: &Tag) -> Option<Vec<Step>> {
        if from.primary() == to.primary() {
            return Some(to.script().map(Step::Write).into_iter().collect());
        }
        self.hop(from, to).or_else(|| {
            let english = Tag::english();
            let mut steps = self.hop(from, &english)?;
            steps.extend(self.hop(&english, to)?);
            Some(steps)
        })
    }

    /// How a viewer of `target` is served when `spoken` is spoken.
    #[must_use]
    pub fn reach(&self, spoken: &Tag, target: &Tag) -> Option<Reach> {
        if !self.hears(spoken) {
            return None;
        }
        let is_speech =
            || self.hearing == Hearing::Everything && self.route(&Tag::english(), target).is_some();
        let written = self.written(spoken, target);
        written.or_else(|| is_speech().then_some(Reach::Speech))
    }

    /// How text in `from` comes to a reader of `to`.
    #[must_use]
    pub fn written(&self, from: &Tag, to: &Tag) -> Option<Reach> {
        if self.route(from, to).is_some() {
            return Some(Reach::Text);
        }
        self.outside.way(from, to).map(|_| Reach::Outside)
    }

    /// What a viewer of `target` may expect when `spoken` is spoken; none: it is not reached.
    #[must_use]
    pub fn quality(&self, spoken: &Tag, target: &Tag) -> Option<Quality> {
        Some(match self.reach(spoken, target)? {
            _ if spoken.primary() == target.primary() => Quality::Spoken,
            Reach::Text | Reach::Outside => Quality::Neural,
            Reach::Speech if USABLE.contains(&spoken.primary()) => Quality::Speech,
            Reach::Speech => Quality::Gist,
        })
    }

    /// The direction a model is lacking for, when `target` is not reached or is a gist only.
    #[must_use]
    pub fn lacking(&self, spoken: &Tag, target: &Tag) -> Option<(Tag, Tag)> {
        let is_well = |quality: Quality| quality < Quality::Gist;
        if !self.hears(spoken) || self.quality(spoken, target).is_some_and(is_well) {
            return None;
        }
        let english = Tag::english();
        let is_read = self.quality(spoken, &english).is_some_and(is_well);
        let bare = |tag: &Tag| Tag::new(tag.primary(), None);
        Some(if is_read {
            (english, bare(target))
        } else {
            (bare(spoken), english)
        })
    }

    /// The languages a viewer can choose, the spoken one first. When `spoken` is not known yet,
    /// those that are reached whatever will be spoken.
    #[must_use]
    pub fn targets(&self, spoken: Option<&Tag>) -> Vec<Tag> {
        let own: Vec<Tag> = spoken
            .filter(|spoken| self.hears(spoken))
            .map(|spoken| menu(spoken.primary()))
            .unwrap_or_default();
        let english = Tag::english();
        let from = match (spoken, self.hearing) {
            (Some(spoken), _) => spoken,
            (None, Hearing::Nothing) => return Vec::new(),
            (None, _) => &english,
        };
        let mut known: BTreeSet<String> = self.outside.targets();
        known.extend(self.pairs.iter().map(|(_, to)| to.primary().to_owned()));
        known.insert(english.primary().to_owned());
        let others: BTreeSet<Tag> = known
            .iter()
            .flat_map(|primary| menu(primary))
            .filter(|to| !own.contains(to) && self.reach(from, to).is_some())
            .collect();
        own.into_iter().chain(others).collect()
    }

    /// The languages of [`Languages::targets`] with what may be expected of each.
    #[must_use]
    pub fn menu(&self, spoken: Option<&Tag>) -> Vec<(Tag, Quality)> {
        // Nobody spoke yet: what most shows are spoken in.
        let english = Tag::english();
        let from = spoken.unwrap_or(&english);
        let targets = self.targets(spoken).into_iter();
        targets
            .filter_map(|target| Some((target.clone(), self.quality(from, &target)?)))
            .collect()
    }

    /// Installed directions, for messages: `en>pt, pt>en`.
    #[must_use]
    pub fn directions(&self) -> String {
        let names: Vec<String> = self
            .pairs
            .iter()
            .map(|(from, to)| format!("{from}>{to}"))
            .collect();
        names.join(", ")
    }

    fn hears(&self, spoken: &Tag) -> bool {
        match self.hearing {
            Hearing::Nothing => false,
            Hearing::English => *spoken == Tag::english(),
            Hearing::Everything => HEARD.split(' ').any(|heard| heard == spoken.primary()),
        }
    }

    /// One model, with a change of script before or after it where Chinese needs it.
    fn hop(&self, from: &Tag, to: &Tag) -> Option<Vec<Step>> {
        let fits = |pair: &&(Tag, Tag)| {
            (pair.0.primary(), pair.1.primary()) == (from.primary(), to.primary())
        };
        let wanted = |tag: &Tag| {
            tag.is_chinese()
                .then(|| tag.script().unwrap_or(Script::Hans))
        };
        // Of models into both scripts the one that writes the wanted one needs no conversion.
        let (reads, writes) = self
            .pairs
            .iter()
            .filter(fits)
            .min_by_key(|(reads, writes)| {
                (wanted(writes) != wanted(to), wanted(reads) != wanted(from))
            })?;
        let mut steps = Vec::new();
        // Whisper writes either script, so what a model is to read is always converted.
        steps.extend(wanted(reads).map(Step::Write));
        steps.push(Step::Pair(reads.clone(), writes.clone()));
        steps.extend(
            wanted(to)
                .filter(|_| wanted(to) != wanted(writes))
                .map(Step::Write),
        );
        Some(steps)
    }
}

/// A language as the menus show it: Chinese in both scripts.
fn menu(primary: &str) -> Vec<Tag> {
    let tag = Tag::new(primary, None);
    if tag.is_chinese() {
        vec![tag.written(Script::Hans), tag.written(Script::Hant)]
    } else {
        vec![tag]
    }
}

impl Routes for Languages {
    fn reach(&self, spoken: &Language, target: &Language) -> Option<Reach> {
        Languages::reach(self, &Tag::from(spoken), &Tag::from(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(hearing: Hearing, pairs: &[&str]) -> Languages {
        let pair = |text: &&str| {
            let (from, to) = text.split_once('>').unwrap();
            (Tag::parse(from), Tag::parse(to))
        };
        Languages::new(hearing, pairs.iter().map(pair))
    }

    fn told(steps: &[Step]) -> String {
        let step = |step: &Step| match step {
            Step::Write(script) => format!("{script:?}"),
            Step::Pair(from, to) => format!("{from}>{to}"),
        };
        steps.iter().map(step).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn text_goes_the_shortest_way() {
        let check = |pairs: &[&str], from: &str, to: &str, expected: Option<&str>| {
            let steps = graph(Hearing::Nothing, pairs).route(&Tag::parse(from), &Tag::parse(to));
            assert_eq!(
                steps.map(|steps| told(&steps)).as_deref(),
                expected,
                "{from} to {to}"
            );
        };
        let standard = ["en>pt", "pt>en"];
        check(&standard, "en", "pt", Some("en>pt"));
        check(&standard, "en-US", "pt-BR", Some("en>pt"));
        check(&standard, "pt", "pt-BR", Some(""));
        check(&standard, "en", "de", None);
        check(&standard, "de", "pt", None);
        check(&["pt>en", "en>de"], "pt", "de", Some("pt>en en>de"));
        check(&["pt>en", "en>de", "pt>de"], "pt", "de", Some("pt>de"));
        check(&["pt>de", "de>fr"], "pt", "fr", None);
    }

    #[test]
    fn chinese_is_read_and_written_in_the_right_script() {
        let check = |pairs: &[&str], from: &str, to: &str, expected: &str| {
            let steps = graph(Hearing::Nothing, pairs).route(&Tag::parse(from), &Tag::parse(to));
            assert_eq!(told(&steps.unwrap()), expected, "{pairs:?} {from} to {to}");
        };
        check(&[], "zh", "zh-Hans", "Hans");
        check(&[], "zh", "zh-TW", "Hant");
        check(&[], "zh", "zh", "");
        check(&["zh>en"], "zh", "en", "Hans zh>en");
        check(&["zh>en"], "zh-Hant", "en", "Hans zh>en");
        check(&["zh-Hant>en"], "zh", "en", "Hant zh-Hant>en");
        check(&["en>zh"], "en", "zh-Hans", "en>zh");
        check(&["en>zh"], "en", "zh", "en>zh");
        check(&["en>zh"], "en", "zh-Hant", "en>zh Hant");
        check(&["en>zh", "en>zh-Hant"], "en", "zh-Hant", "en>zh-Hant");
        check(&["en>zh", "en>zh-Hant"], "en", "zh-CN", "en>zh");
        check(&["zh>en", "en>zh"], "zh", "zh-Hant", "Hant");
        check(&["zh>en", "en>pt"], "zh", "pt", "Hans zh>en en>pt");
    }

    #[test]
    fn speech_reaches_by_text_where_a_model_reads_it_and_by_whisper_elsewhere() {
        use Hearing::{English, Everything, Nothing};
        let standard = ["en>pt", "pt>en"];
        for (hearing, spoken, target, expected) in [
            (Everything, "en", "en", Some(Reach::Text)),
            (Everything, "en", "pt", Some(Reach::Text)),
            (Everything, "pt", "en", Some(Reach::Text)),
            (Everything, "de", "en", Some(Reach::Speech)),
            (Everything, "de", "pt", Some(Reach::Speech)),
            (Everything, "de", "de", Some(Reach::Text)),
            (Everything, "zh", "zh-Hant", Some(Reach::Text)),
            (Everything, "zh", "en", Some(Reach::Speech)),
            (Everything, "de", "fr", None),
            (Everything, "tlh", "en", None),
            (English, "en", "pt", Some(Reach::Text)),
            (English, "de", "en", None),
            (English, "de", "de", None),
            (Nothing, "en", "en", None),
        ] {
            let graph = graph(hearing, &standard);
            let found = graph.reach(&Tag::parse(spoken), &Tag::parse(target));
            assert_eq!(found, expected, "{hearing:?} {spoken} to {target}");
        }
    }

    #[test]
    fn each_pair_says_what_may_be_expected_and_what_would_be_better() {
        let graph = graph(Hearing::Everything, &["en>pt", "pt>en", "en>de"]);
        let check = |spoken: &str, target: &str, quality, lacking: Option<&str>| {
            let (spoken, target) = (Tag::parse(spoken), Tag::parse(target));
            assert_eq!(
                graph.quality(&spoken, &target),
                quality,
                "{spoken} to {target}"
            );
            let found = graph
                .lacking(&spoken, &target)
                .map(|(from, to)| format!("{from}>{to}"));
            assert_eq!(found.as_deref(), lacking, "{spoken} to {target}");
        };
        check("pt-BR", "pt", Some(Quality::Spoken), None);
        check("zh", "zh-Hant", Some(Quality::Spoken), None);
        check("en", "pt", Some(Quality::Neural), None);
        check("pt", "de", Some(Quality::Neural), None);
        check("es", "en", Some(Quality::Speech), None);
        check("it", "pt", Some(Quality::Speech), None);
        check("zh", "en", Some(Quality::Gist), Some("zh>en"));
        check("zh", "pt", Some(Quality::Gist), Some("zh>en"));
        check("fr", "en", Some(Quality::Gist), Some("fr>en"));
        check("en", "zh-Hant", None, Some("en>zh"));
        check("de", "fr", None, Some("de>en"));
        check("tlh", "en", None, None);
    }

    #[test]
    fn the_outside_fills_what_local_models_leave_open_while_it_is_there() {
        let offer = Offer::default();
        let graph = graph(Hearing::Everything, &["en>pt"]).with_outside(offer.clone());
        let reach =
            |spoken: &str, target: &str| graph.reach(&Tag::parse(spoken), &Tag::parse(target));
        assert_eq!(reach("zh", "en"), Some(Reach::Speech));
        offer.set([("zh", "en"), ("en", "zt"), ("en", "pb"), ("en", "ja")]);
        assert_eq!(reach("zh", "en"), Some(Reach::Outside), "before a gist");
        assert_eq!(reach("en", "pt"), Some(Reach::Text), "local models win");
        assert_eq!(reach("en", "zh-Hans"), Some(Reach::Outside), "converted");
        let menu = graph.menu(Some(&Tag::english()));
        let told: Vec<String> = menu.iter().map(|(tag, q)| format!("{tag} {q:?}")).collect();
        let expected = [
            "en Spoken",
            "ja Neural",
            "pt Neural",
            "zh-Hans Neural",
            "zh-Hant Neural",
        ];
        assert_eq!(told, expected);
        offer.set([]);
        assert_eq!(reach("en", "ja"), None, "it is gone");
        assert_eq!(reach("zh", "en"), Some(Reach::Speech));
    }

    #[test]
    fn menus_offer_what_is_reached_the_spoken_language_first() {
        let check = |hearing: Hearing, pairs: &[&str], spoken: Option<&str>, expected: &str| {
            let spoken = spoken.map(Tag::parse);
            let targets = graph(hearing, pairs).targets(spoken.as_ref());
            let targets: Vec<String> = targets.iter().map(Tag::to_string).collect();
            assert_eq!(
                targets.join(" "),
                expected,
                "{hearing:?} {pairs:?} {spoken:?}"
            );
        };
        let standard = ["en>pt", "pt>en"];
        check(Hearing::Everything, &standard, None, "en pt");
        check(Hearing::Everything, &standard, Some("en"), "en pt");
        check(Hearing::Everything, &standard, Some("pt-BR"), "pt en");
        check(Hearing::Everything, &standard, Some("de"), "de en pt");
        check(
            Hearing::Everything,
            &standard,
            Some("zh"),
            "zh-Hans zh-Hant en pt",
        );
        check(
            Hearing::Everything,
            &["en>zh"],
            Some("en"),
            "en zh-Hans zh-Hant",
        );
        check(Hearing::Everything, &[], Some("fr"), "fr en");
        check(Hearing::Everything, &["de>fr"], None, "en");
        check(Hearing::English, &standard, None, "en pt");
        check(Hearing::English, &standard, Some("pt"), "");
        check(Hearing::Nothing, &standard, None, "");
    }

    #[test]
    fn the_list_of_heard_languages_is_whispers() {
        let heard: BTreeSet<&str> = HEARD.split(' ').collect();
        // Whisper names 100; `nn` is folded into `no`.
        assert_eq!(heard.len(), 99);
        assert!(heard.iter().all(|tag| Tag::parse(tag).to_string() == **tag));
    }
}
