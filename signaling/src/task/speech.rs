//! Between rooms and the caption engine: which track is whose voice, which languages are wanted
//! of it, and which can be had. Every call is short and none waits.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use media::TrackId;
use translate::glossary::{Glossary, Product};
use translate::ports::Quality;
use translate::{AS_SPOKEN, Captions, Language, SpeakerId, SpeakerOptions};

use crate::limits::SPEAKER_LINGER_MS;
use crate::protocol::server::{LanguagePair, PairQuality, ProductView};
use crate::room::Input;
use crate::shop::money::Amount;

/// The caption engine and who speaks. Cheap to clone.
#[derive(Clone)]
pub struct Speech(Arc<Inner>);

struct Inner {
    engine: Result<Captions, String>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    speakers: HashMap<SpeakerId, Speaker>,
    /// Languages wanted, by show.
    wanted: HashMap<String, BTreeSet<Language>>,
    /// Words of the shelf, by show.
    glossaries: HashMap<String, Arc<Glossary>>,
    /// Spoken languages set by hand, by show and participant.
    set: HashMap<(String, String), Language>,
    /// Languages that viewers want and nothing leads to, by show.
    unmet: HashMap<String, BTreeSet<Language>>,
    /// Lacking models that the log has named; as many as there are pairs of languages.
    told: BTreeSet<String>,
}

/// A voice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// In which show.
    pub show: String,
    /// Whose.
    pub participant: String,
    /// Language spoken, once known.
    pub spoken: Option<Language>,
    /// When the track ended, Unix ms.
    pub ended_ms: Option<u64>,
}

impl Speech {
    /// With a running engine, or the reason why there is none.
    #[must_use]
    pub fn new(engine: Result<Captions, String>) -> Speech {
        Speech(Arc::new(Inner {
            engine,
            table: Mutex::default(),
        }))
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> Option<&Captions> {
        self.0.engine.as_ref().ok()
    }

    /// Why captions are off, when they are.
    #[must_use]
    pub fn why_off(&self) -> Option<&str> {
        self.0.engine.as_ref().err().map(String::as_str)
    }

    /// An audio track is on air.
    pub fn track_added(&self, show: &str, participant: &str, track: TrackId) {
        let Some(engine) = self.engine() else { return };
        let id = speaker_id(track);
        let mut table = self.table();
        let key = (show.to_owned(), participant.to_owned());
        let language = table.set.get(&key).cloned();
        engine.open(
            id,
            SpeakerOptions {
                language: language.clone(),
            },
        );
        if let Some(glossary) = table.glossaries.get(show) {
            engine.glossary(id, Arc::clone(glossary));
        }
        engine.want(id, table.wanted.get(show).cloned().unwrap_or_default());
        let (show, participant) = key;
        let spoken = language;
        table.speakers.insert(
            id,
            Speaker {
                show,
                participant,
                spoken,
                ended_ms: None,
            },
        );
    }

    /// A track ended; its last words are still to come.
    pub fn track_removed(&self, track: TrackId, now_ms: u64) {
        let Some(engine) = self.engine() else { return };
        let mut table = self.table();
        table.speakers.retain(|_, speaker| {
            speaker
                .ended_ms
                .is_none_or(|ended_ms| now_ms < ended_ms + SPEAKER_LINGER_MS)
        });
        if let Some(speaker) = table.speakers.get_mut(&speaker_id(track)) {
            speaker.ended_ms = Some(now_ms);
            engine.close(speaker_id(track));
        }
    }

    /// Languages somebody reads in a show.
    pub fn want(&self, show: &str, languages: BTreeSet<String>) {
        let languages: BTreeSet<_> = languages.into_iter().map(Language).collect();
        let mut table = self.table();
        let here = |(_, speaker): &(&SpeakerId, &Speaker)| speaker.show == show;
        for (id, _) in table.speakers.iter().filter(here) {
            if let Some(engine) = self.engine() {
                engine.want(*id, languages.clone());
            }
        }
        if languages.is_empty() {
            table.wanted.remove(show);
        } else {
            table.wanted.insert(show.to_owned(), languages);
        }
        drop(table);
        self.tell_lacking();
    }

    /// Languages somebody wants to read in a show and nothing leads to.
    pub fn unmet(&self, show: &str, languages: BTreeSet<String>) {
        let languages: BTreeSet<_> = languages.into_iter().map(Language).collect();
        let mut table = self.table();
        if languages.is_empty() {
            table.unmet.remove(show);
        } else {
            table.unmet.insert(show.to_owned(), languages);
        }
        drop(table);
        self.tell_lacking();
    }

    /// How many languages are wanted, all shows together.
    #[must_use]
    pub fn wanted(&self) -> usize {
        self.table().wanted.values().map(BTreeSet::len).sum()
    }

    /// What a show sells: its names survive recognition and translation.
    pub fn glossary(&self, show: &str, products: &[ProductView]) {
        let Some(engine) = self.engine() else { return };
        let product = |product: &ProductView| Product {
            sku: product.id.clone(),
            title: product.title.clone(),
            description: product.description.clone(),
            titles: product.translations.values().cloned().collect(),
            currency: product.price.currency.clone(),
            prices: prices(product),
        };
        let glossary = Glossary::of(&products.iter().map(product).collect::<Vec<_>>());
        let glossary = Arc::new(glossary);
        let mut table = self.table();
        for (id, speaker) in &table.speakers {
            if speaker.show == show {
                engine.glossary(*id, Arc::clone(&glossary));
            }
        }
        if glossary.is_empty() {
            table.glossaries.remove(show);
        } else {
            table.glossaries.insert(show.to_owned(), glossary);
        }
    }

    /// The words of a show's shelf.
    #[must_use]
    pub fn words_of(&self, show: &str) -> Arc<Glossary> {
        self.table()
            .glossaries
            .get(show)
            .cloned()
            .unwrap_or_default()
    }

    /// A host says which language somebody speaks, or that it is to be found.
    pub fn set_language(&self, show: &str, participant: &str, language: Option<String>) {
        let Some(engine) = self.engine() else { return };
        let language = language.map(Language);
        let mut table = self.table();
        let key = (show.to_owned(), participant.to_owned());
        match &language {
            Some(language) => table.set.insert(key, language.clone()),
            None => table.set.remove(&key),
        };
        let is_theirs =
            |speaker: &Speaker| speaker.show == show && speaker.participant == participant;
        for (id, speaker) in &mut table.speakers {
            if is_theirs(speaker) && speaker.ended_ms.is_none() {
                speaker.spoken.clone_from(&language);
                engine.open(
                    *id,
                    SpeakerOptions {
                        language: language.clone(),
                    },
                );
            }
        }
    }

    /// The engine found a speaker's language.
    pub fn found(&self, id: SpeakerId, language: Language) {
        if let Some(speaker) = self.table().speakers.get_mut(&id) {
            speaker.spoken = Some(language);
        }
        self.tell_lacking();
    }

    /// Whose voice it is.
    #[must_use]
    pub fn speaker(&self, id: SpeakerId) -> Option<Speaker> {
        self.table().speakers.get(&id).cloned()
    }

    /// Languages viewers of a show can choose, for its room: what is reached from what is spoken
    /// there, the spoken ones first, or from anything while nobody has spoken.
    #[must_use]
    pub fn menu(&self, show: &str) -> Input {
        let Some(engine) = self.engine() else {
            return Input::Languages(Vec::new(), Vec::new());
        };
        let spoken = self.spoken(show);
        if spoken.is_empty() {
            let languages = engine.languages(None).into_iter();
            return Input::Languages(languages.map(|language| language.0).collect(), Vec::new());
        }
        let pairs = spoken.iter().flat_map(|from| {
            let menu = engine.menu(Some(from)).into_iter();
            menu.map(move |(to, quality)| LanguagePair {
                lacking: engine.lacking(from, &to),
                from: from.0.clone(),
                to: to.0,
                quality: view(quality),
            })
        });
        in_order(pairs.collect())
    }

    /// Languages spoken in a show, as far as they are known.
    fn spoken(&self, show: &str) -> BTreeSet<Language> {
        let table = self.table();
        let here = table.speakers.values();
        let here = here.filter(|speaker| speaker.show == show && speaker.ended_ms.is_none());
        here.filter_map(|speaker| speaker.spoken.clone()).collect()
    }

    /// Models to add: somebody wants a language now that nothing leads to, or reads a gist. By
    /// folder name, such as `zhen`.
    #[must_use]
    pub fn lacking(&self) -> BTreeSet<String> {
        let Some(engine) = self.engine() else {
            return BTreeSet::new();
        };
        let table = self.table();
        let ways = table
            .speakers
            .values()
            .filter(|speaker| speaker.ended_ms.is_none());
        let ways = ways.filter_map(|speaker| {
            let wanted = table.wanted.get(&speaker.show).into_iter();
            let wanted = wanted.chain(table.unmet.get(&speaker.show));
            Some((speaker.spoken.as_ref()?, wanted.flatten()))
        });
        ways.flat_map(|(spoken, wanted)| {
            let own = move |target: &&Language| target.0 != AS_SPOKEN;
            wanted
                .filter(own)
                .filter_map(|target| engine.lacking(spoken, target))
        })
        .collect()
    }

    /// Names in the log what viewers lack, each model once.
    fn tell_lacking(&self) {
        for model in self.lacking() {
            if self.table().told.insert(model.clone()) {
                tracing::warn!(
                    model = format!("bergamot/{model}"),
                    "viewers read a gist or the original: this translation model is lacking (docs/models.md)"
                );
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0
            .table
            .lock()
            .expect("no panic while the table is locked")
    }
}

/// The spoken languages first, then the others; each once.
fn in_order(pairs: Vec<LanguagePair>) -> Input {
    let is_spoken = |pair: &&LanguagePair| pair.quality == PairQuality::Spoken;
    let mut languages: Vec<String> = Vec::new();
    let others = pairs.iter().filter(|pair| !is_spoken(pair));
    for pair in pairs.iter().filter(is_spoken).chain(others) {
        if !languages.contains(&pair.to) {
            languages.push(pair.to.clone());
        }
    }
    Input::Languages(languages, pairs)
}

/// What a product costs and did cost, in all its variants and currencies.
fn prices(product: &ProductView) -> Vec<String> {
    let all = product.variants.iter().flat_map(|variant| &variant.prices);
    let amounts = all.flat_map(|price| {
        let tiers = price.tiers.iter().map(|tier| &tier.price);
        [Some(&price.price), price.compare_at.as_ref()]
            .into_iter()
            .flatten()
            .chain(tiers)
    });
    let numbers = amounts.filter_map(|money| Amount::new(money.minor, &money.currency).ok());
    numbers.map(Amount::number).collect()
}

fn view(quality: Quality) -> PairQuality {
    match quality {
        Quality::Spoken => PairQuality::Spoken,
        Quality::Neural => PairQuality::Neural,
        Quality::Speech => PairQuality::Speech,
        Quality::Gist => PairQuality::Gist,
    }
}

/// A speaker is one audio track.
#[must_use]
pub fn speaker_id(track: TrackId) -> SpeakerId {
    SpeakerId(track.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_and_the_engine_mean_the_same_by_as_spoken() {
        assert_eq!(crate::room::AS_SPOKEN, translate::AS_SPOKEN);
    }

    #[test]
    fn a_menu_begins_with_what_is_spoken_and_names_each_language_once() {
        let pair = |from: &str, to: &str, quality| LanguagePair {
            from: from.to_owned(),
            to: to.to_owned(),
            quality,
            lacking: None,
        };
        let pairs = vec![
            pair("pt", "pt", PairQuality::Spoken),
            pair("pt", "en", PairQuality::Neural),
            pair("zh", "zh-Hans", PairQuality::Spoken),
            pair("zh", "en", PairQuality::Gist),
            pair("zh", "pt", PairQuality::Gist),
        ];
        let Input::Languages(languages, kept) = in_order(pairs.clone()) else {
            panic!()
        };
        assert_eq!(languages, ["pt", "zh-Hans", "en"]);
        assert_eq!(kept, pairs);
    }
}
