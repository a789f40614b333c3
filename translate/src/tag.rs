//! Language tags as far as captions need them: the primary subtag, and for Chinese the script.
//! `pt-BR` reads a Portuguese model, `zh-TW` means Traditional characters.

use std::fmt;

use crate::Language;

/// How Chinese is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Script {
    /// Simplified: mainland China, Singapore.
    Hans,
    /// Traditional: Taiwan, Hong Kong, Macao.
    Hant,
}

/// A language as the models distinguish them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    primary: String,
    script: Option<Script>,
}

impl Tag {
    /// English, the language most models pivot on.
    #[must_use]
    pub fn english() -> Tag {
        Tag::new("en", None)
    }

    /// A tag from its language and, for Chinese, its script (`hans`, `hant`).
    #[must_use]
    pub fn new(primary: &str, script: Option<&str>) -> Tag {
        let primary = canonical(&primary.to_ascii_lowercase()).to_owned();
        let script = match script.map(str::to_ascii_lowercase).as_deref() {
            Some("hans" | "cn" | "sg") => Some(Script::Hans),
            Some("hant" | "tw" | "hk" | "mo") => Some(Script::Hant),
            _ => None,
        };
        Tag {
            script: script.filter(|_| primary == "zh"),
            primary,
        }
    }

    /// Reads a BCP 47 tag; everything but language, script and region is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Tag {
        let mut subtags = text.trim().split(['-', '_']);
        let primary = subtags.next().unwrap_or_default();
        let tags = subtags.map(|subtag| Tag::new(primary, Some(subtag)));
        tags.into_iter()
            .find(|tag| tag.script.is_some())
            .unwrap_or_else(|| Tag::new(primary, None))
    }

    /// The language without its script: `zh`, `pt`.
    #[must_use]
    pub fn primary(&self) -> &str {
        &self.primary
    }

    /// The script, when it is Chinese and one is asked for.
    #[must_use]
    pub fn script(&self) -> Option<Script> {
        self.script
    }

    /// Whether this is Chinese in whatever script.
    #[must_use]
    pub fn is_chinese(&self) -> bool {
        self.primary == "zh"
    }

    /// The same language in `script`, if it is Chinese.
    #[must_use]
    pub fn written(&self, script: Script) -> Tag {
        Tag {
            primary: self.primary.clone(),
            script: Some(script).filter(|_| self.is_chinese()),
        }
    }

    /// The tag for menus and captions.
    #[must_use]
    pub fn language(&self) -> Language {
        Language(self.to_string())
    }
}

impl From<&Language> for Tag {
    fn from(language: &Language) -> Tag {
        Tag::parse(&language.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.primary)?;
        match self.script {
            Some(Script::Hans) => f.write_str("-Hans"),
            Some(Script::Hant) => f.write_str("-Hant"),
            None => Ok(()),
        }
    }
}

/// The tag among `available` that serves a reader of `wanted`: by the lookup of RFC 4647 section
/// 3.4 (the wanted tag loses its last subtag until one fits), with the script that a Chinese
/// region writes; then any variant of the language, but never the other Chinese script.
#[must_use]
pub fn lookup<'a>(wanted: &str, available: &'a [String]) -> Option<&'a str> {
    let low = |tag: &str| tag.trim().to_ascii_lowercase().replace('_', "-");
    let find = |range: &str| available.iter().find(|tag| low(tag) == range);
    let tag = Tag::parse(wanted);
    for range in [low(wanted), low(&tag.to_string())] {
        let mut range = range.as_str();
        while !range.is_empty() {
            if let Some(found) = find(range) {
                return Some(found);
            }
            range = shortened(range);
        }
    }
    let serves = |other: &&String| {
        let other = Tag::parse(other);
        let is_readable =
            tag.script().is_none() || other.script().is_none() || tag.script() == other.script();
        other.primary() == tag.primary() && is_readable
    };
    available.iter().find(serves).map(String::as_str)
}

/// A range without its last subtag; a single letter before that goes too (RFC 4647 3.4).
fn shortened(range: &str) -> &str {
    let Some((rest, _)) = range.rsplit_once('-') else {
        return "";
    };
    match rest.rsplit_once('-') {
        Some((before, letter)) if letter.len() == 1 => before,
        None if rest.len() == 1 => "",
        _ => rest,
    }
}

/// One name for languages that models, browsers and Whisper call differently.
fn canonical(primary: &str) -> &str {
    match primary {
        "cmn" => "zh",
        "nb" | "nn" => "no",
        "iw" => "he",
        "in" => "id",
        "jw" => "jv",
        "fil" => "tl",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_reduced_to_what_models_distinguish() {
        for (text, expected) in [
            ("pt", "pt"),
            ("pt-BR", "pt"),
            ("PT_br", "pt"),
            ("en-Latn-US", "en"),
            ("zh", "zh"),
            ("zh-CN", "zh-Hans"),
            ("zh-Hans-HK", "zh-Hans"),
            ("zh-Hant", "zh-Hant"),
            ("zh-TW", "zh-Hant"),
            ("zh-HK", "zh-Hant"),
            ("cmn-Hant", "zh-Hant"),
            ("nb-NO", "no"),
            ("fil", "tl"),
            ("", ""),
        ] {
            assert_eq!(Tag::parse(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_reader_is_served_by_the_nearest_tag() {
        for (wanted, available, expected) in [
            ("pt-BR", "en pt", Some("pt")),
            ("pt", "en pt-BR", Some("pt-BR")),
            ("pt-PT", "pt-BR pt-PT pt", Some("pt-PT")),
            ("PT_br", "pt", Some("pt")),
            ("de-Latn-AT-x-wien", "de-Latn de", Some("de-Latn")),
            ("de-x-wien", "de", Some("de")),
            ("zh-TW", "zh-Hans zh-Hant", Some("zh-Hant")),
            ("zh-Hant-HK", "zh-Hans", None),
            ("zh-CN", "zh-Hant zh", Some("zh")),
            ("zh", "zh-Hans zh-Hant", Some("zh-Hans")),
            ("cmn", "en zh-Hans", Some("zh-Hans")),
            ("nb", "no", Some("no")),
            ("fi", "en", None),
            ("x-a", "en", None),
            ("", "en", None),
        ] {
            let available: Vec<String> = available.split(' ').map(str::to_owned).collect();
            assert_eq!(
                lookup(wanted, &available),
                expected,
                "{wanted} of {available:?}"
            );
        }
    }

    #[test]
    fn only_chinese_has_a_script() {
        assert_eq!(Tag::new("sr", Some("hant")).script(), None);
        assert_eq!(Tag::english().written(Script::Hant), Tag::english());
        assert_eq!(
            Tag::parse("zh-TW").written(Script::Hans).to_string(),
            "zh-Hans"
        );
    }
}
