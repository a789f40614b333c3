//! Chinese characters between Simplified and Traditional, by OpenCC's dictionaries.

use std::sync::OnceLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use crate::tag::Script;

/// The two converters; the dictionaries are inside the program and are read at first use.
#[derive(Default)]
pub struct Scripts {
    simplify: OnceLock<OpenCC>,
    complicate: OnceLock<OpenCC>,
}

impl Scripts {
    /// `text` in `script`. Recognisers write either script and sometimes both in one line, so
    /// what is to become Traditional is made Simplified first, unless it is Traditional already.
    #[must_use]
    pub fn write(&self, text: &str, script: Script) -> String {
        match script {
            Script::Hans => self.simplify(text),
            Script::Hant => {
                let traditional = self.complicate(text);
                if traditional == text {
                    traditional
                } else {
                    self.complicate(&self.simplify(text))
                }
            }
        }
    }

    fn simplify(&self, text: &str) -> String {
        self.simplify
            .get_or_init(|| converter(BuiltinConfig::T2s))
            .convert(text)
    }

    /// Taiwan's forms of the characters (為, 裡), without its vocabulary.
    fn complicate(&self, text: &str) -> String {
        self.complicate
            .get_or_init(|| converter(BuiltinConfig::S2tw))
            .convert(text)
    }
}

fn converter(config: BuiltinConfig) -> OpenCC {
    OpenCC::from_config(config).expect("the dictionaries are built into the program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewer_reads_the_script_they_chose() {
        let scripts = Scripts::default();
        let simplified = "这款台灯只要一百二十元，里面还有说明书。";
        let traditional = "這款檯燈只要一百二十元，裡面還有說明書。";
        assert_eq!(
            scripts.write(traditional, Script::Hans),
            "这款台灯只要一百二十元，里面还有说明书。"
        );
        assert_eq!(scripts.write(simplified, Script::Hans), simplified);
        assert_eq!(scripts.write(traditional, Script::Hant), traditional);
        let written = scripts.write(simplified, Script::Hant);
        assert!(
            written.contains("這款") && written.contains("裡面還有說明書"),
            "{written}"
        );
    }

    #[test]
    fn a_line_in_both_scripts_becomes_one() {
        let scripts = Scripts::default();
        let mixed = "以后請說，头发很長";
        assert_eq!(scripts.write(mixed, Script::Hans), "以后请说，头发很长");
        assert_eq!(scripts.write(mixed, Script::Hant), "以後請說，頭髮很長");
    }

    #[test]
    fn other_scripts_pass_through() {
        let scripts = Scripts::default();
        assert_eq!(
            scripts.write("ok, 50% off — já!", Script::Hant),
            "ok, 50% off — já!"
        );
    }
}
