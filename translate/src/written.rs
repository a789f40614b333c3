//! Lines that were written instead of spoken, such as a chat's. Nobody says which language they
//! are in: it is found from their letters, among the languages that lead to the reader's.

use std::sync::mpsc::sync_channel;

use whatlang::{Detector, Lang};

use crate::faithful::{self, Faithful};
use crate::glossary::Glossary;
use crate::limits::WRITTEN_WAIT;
use crate::outside::Outside;
use crate::pipeline::Answer;
use crate::ports::{EngineError, Reach};
use crate::{Language, Loaded};

/// Languages that are told apart, and their tags.
#[rustfmt::skip]
const LANGUAGES: [(Lang, &str); 46] = [
    (Lang::Eng, "en"), (Lang::Por, "pt"), (Lang::Spa, "es"), (Lang::Deu, "de"), (Lang::Fra, "fr"),
    (Lang::Ita, "it"), (Lang::Nld, "nl"), (Lang::Cmn, "zh"), (Lang::Jpn, "ja"), (Lang::Kor, "ko"),
    (Lang::Rus, "ru"), (Lang::Ukr, "uk"), (Lang::Bul, "bg"), (Lang::Srp, "sr"), (Lang::Mkd, "mk"),
    (Lang::Pol, "pl"), (Lang::Ces, "cs"), (Lang::Slk, "sk"), (Lang::Slv, "sl"), (Lang::Hrv, "hr"),
    (Lang::Hun, "hu"), (Lang::Ron, "ro"), (Lang::Ell, "el"), (Lang::Tur, "tr"), (Lang::Ara, "ar"),
    (Lang::Heb, "he"), (Lang::Pes, "fa"), (Lang::Urd, "ur"), (Lang::Hin, "hi"), (Lang::Ben, "bn"),
    (Lang::Tam, "ta"), (Lang::Tel, "te"), (Lang::Mar, "mr"), (Lang::Guj, "gu"), (Lang::Tha, "th"),
    (Lang::Vie, "vi"), (Lang::Ind, "id"), (Lang::Swe, "sv"), (Lang::Dan, "da"), (Lang::Nob, "no"),
    (Lang::Fin, "fi"), (Lang::Est, "et"), (Lang::Lav, "lv"), (Lang::Lit, "lt"), (Lang::Cat, "ca"),
    (Lang::Afr, "af"),
];

/// A line in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The language it was found to be in.
    pub from: Language,
    /// The words.
    pub text: String,
    /// No translation could be trusted with its numbers: `text` is what was written.
    pub kept: bool,
}

/// Why a line cannot be read in another language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Nothing in it tells a language: a number, a smiley.
    #[error("the language of this line is not known")]
    Unknown,
    /// It is in that language.
    #[error("this line is in that language already")]
    Same,
    /// No model leads there.
    #[error("nothing installed translates from `{}`", .0.0)]
    NoWay(Language),
    /// The translator failed.
    #[error("{0}")]
    Engine(#[from] EngineError),
}

/// Translates a line; blocks while it does.
pub(crate) fn translate(
    loaded: &Loaded,
    outside: Option<&Outside>,
    line: &str,
    to: &Language,
    glossary: &Glossary,
) -> Result<Rendered, Unread> {
    let reach = |from: &str| loaded.written(&Language(from.to_owned()), to);
    let from = Language(language_of(line, to.base(), |from| reach(from).is_some())?.to_owned());
    let faithful = match (reach(&from.0), outside) {
        (Some(Reach::Text), _) => {
            faithful::translate(&mut loaded.translator(), &from, to, line, glossary)?
        }
        (Some(Reach::Outside), Some(outside)) => {
            let (reply, answer) = sync_channel(1);
            outside.hand_over(&loaded.scripts(), (&from, to), line, move |answer| {
                // Nobody waits for it any more: it came too late.
                let _ = reply.send(answer);
            });
            from_outside(answer.recv_timeout(WRITTEN_WAIT).ok())?
        }
        _ => return Err(Unread::NoWay(from)),
    };
    let Faithful { text, kept } = faithful;
    Ok(Rendered { from, text, kept })
}

fn from_outside(answer: Option<Answer>) -> Result<Faithful, EngineError> {
    let failed = |reason: &str| EngineError {
        engine: "outside",
        reason: reason.to_owned(),
    };
    match answer {
        Some(Answer::Translated(faithful)) => Ok(faithful),
        Some(Answer::Failed(error)) => Err(error),
        Some(Answer::Heard { .. }) => Err(failed("it answered something else")),
        None => Err(failed("no answer in time")),
    }
}

/// The language of a line, by its tag. What is told apart surely counts; else the likeliest of
/// those the reader can be helped with.
fn language_of(
    line: &str,
    to: &str,
    is_readable: impl Fn(&str) -> bool,
) -> Result<&'static str, Unread> {
    let among = |languages: Vec<Lang>| Detector::with_allowlist(languages).detect(line);
    let all = LANGUAGES.iter().map(|(lang, _)| *lang).collect();
    let found = among(all).ok_or(Unread::Unknown)?;
    let likely = LANGUAGES
        .iter()
        .filter(|(_, tag)| *tag == to || is_readable(tag));
    let likely: Vec<Lang> = likely.map(|(lang, _)| *lang).collect();
    // Of one language alone it would always be that one.
    let lang = match found.is_reliable() || likely.len() < 2 {
        true => found.lang(),
        false => among(likely).unwrap_or(found).lang(),
    };
    let named = LANGUAGES.iter().find(|(known, _)| *known == lang);
    match named.map(|(_, tag)| *tag) {
        None => Err(Unread::Unknown),
        Some(tag) if tag == to => Err(Unread::Same),
        Some(tag) if is_readable(tag) => Ok(tag),
        Some(tag) => Err(Unread::NoWay(Language(tag.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_line_is_found_among_those_that_lead_to_the_reader() {
        let no_way = |tag: &str| Err(Unread::NoWay(Language(tag.to_owned())));
        let check = |line: &str, to: &str, readable: &[&str], expected: Result<&str, Unread>| {
            let found = language_of(line, to, |tag| readable.contains(&tag));
            assert_eq!(found, expected, "{line}");
        };
        check(
            "Quanto custa o envio para o Porto?",
            "en",
            &["pt"],
            Ok("pt"),
        );
        check("How much is shipping to Porto?", "pt", &["en"], Ok("en"));
        check(
            "How much is shipping to Porto?",
            "en",
            &["pt"],
            Err(Unread::Same),
        );
        check(
            "¿Cuánto cuesta el envío a Madrid?",
            "en",
            &["es", "pt"],
            Ok("es"),
        );
        check("这个包多少钱？", "en", &["zh"], Ok("zh"));
        check("これはいくらですか", "en", &["zh", "pt"], no_way("ja"));
        check("Сколько стоит эта сумка?", "en", &["pt"], no_way("ru"));
        check("12,50 ?!", "en", &["pt"], Err(Unread::Unknown));
        check("❤️🔥", "en", &["pt"], Err(Unread::Unknown));
        check(
            "Wie viel kostet die Tasche mit Versand?",
            "en",
            &[],
            no_way("de"),
        );
    }
}
