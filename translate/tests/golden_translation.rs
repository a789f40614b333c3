//! Golden sentences of live commerce through the real models: what a viewer reads. The engine is
//! young, so a change in its output must be looked at, not slipped in with an upgrade.

use translate::Language;
use translate::engine::bergamot::Bergamot;
use translate::models::{self, Installed};

#[path = "golden/sentences.rs"]
mod golden;

fn bergamot() -> Bergamot {
    let directory = models::directory(None);
    let installed = Installed::scan(&directory).unwrap();
    for (from, to) in [("en", "pt"), ("pt", "en")] {
        assert!(
            installed
                .pairs
                .iter()
                .any(|p| p.from.primary() == from && p.to.primary() == to),
            "no model from `{from}` to `{to}` in `{}`: run `vitrine models fetch`",
            directory.display(),
        );
    }
    Bergamot::new(&installed)
}

fn language(tag: &str) -> Language {
    Language(tag.to_owned())
}

/// The numbers in a text, decimal marks made alike: `19,99` is `19.99`.
fn numbers(text: &str) -> Vec<String> {
    let mut numbers: Vec<String> = text
        .split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .map(|number| number.trim_matches(['.', ',']).replace(',', "."))
        .filter(|number| !number.is_empty())
        .collect();
    numbers.sort();
    numbers
}

fn check(from: &str, to: &str, sentences: &[(&str, &str)]) {
    let bergamot = bergamot();
    let (from, to) = (language(from), language(to));
    let mut wrong = Vec::new();
    for (source, expected) in sentences {
        let found = bergamot.translate(&from, &to, source).unwrap();
        if found != *expected {
            wrong.push(format!(
                "{source}\n   expected {expected}\n   found    {found}"
            ));
        }
        assert_eq!(
            numbers(source),
            numbers(&found),
            "numbers of `{source}` in `{found}`"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        sentences.len(),
        wrong.join("\n")
    );
}

#[test]
fn english_becomes_portuguese() {
    check("en", "pt-BR", golden::ENGLISH_TO_PORTUGUESE);
}

#[test]
fn portuguese_becomes_english() {
    check("pt", "en", golden::PORTUGUESE_TO_ENGLISH);
}

#[test]
fn a_line_of_several_sentences_loses_none() {
    let (en, pt) = (language("en"), language("pt"));
    let bergamot = bergamot();
    let whole = "The lamp costs 49 dollars. It comes in 3 colors! Who wants one?";
    let found = bergamot.translate(&en, &pt, whole).unwrap();
    let parts = [
        "The lamp costs 49 dollars.",
        "It comes in 3 colors!",
        "Who wants one?",
    ];
    let parts = parts.map(|part| bergamot.translate(&en, &pt, part).unwrap());
    assert_eq!(found, parts.join(" "));
}

#[test]
fn all_threads_translate_at_once_and_say_the_same() {
    let bergamot = bergamot();
    let (en, pt) = (language("en"), language("pt"));
    let (source, expected) = golden::ENGLISH_TO_PORTUGUESE[0];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(bergamot.translate(&en, &pt, source).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn prices_alone_and_empty_lines_pass_untouched() {
    let bergamot = bergamot();
    for text in ["$19.99", "R$ 120", "3 + 1", "50%", "", "…"] {
        let found = bergamot.translate(&language("en"), &language("pt"), text);
        // `R` is a letter, and a model is asked; the number must survive all the same.
        assert_eq!(numbers(&found.unwrap()), numbers(text), "{text}");
    }
}

/// Chinese, Japanese and Korean models come with a vocabulary for each language. The engine takes
/// two files for the two sides whatever they hold, so the Portuguese one under two names shows it.
#[test]
fn a_model_with_split_vocabularies_is_dropped_in_and_works() {
    let fetched = models::directory(None).join("bergamot/enpt");
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("bergamot/mine/en-pt");
    std::fs::create_dir_all(&own).unwrap();
    for (file, name) in [
        ("model.enpt.intgemm.alphas.bin", "model.intgemm.alphas.bin"),
        ("vocab.enpt.spm", "srcvocab.enpt.spm"),
        ("vocab.enpt.spm", "trgvocab.enpt.spm"),
        ("lex.50.50.enpt.s2t.bin", "lex.50.50.s2t.bin"),
    ] {
        std::fs::copy(fetched.join(file), own.join(name)).unwrap();
    }
    let broken = folder.path().join("bergamot/ende");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(
        broken.join("model.ende.bin"),
        "version https://git-lfs.github.com/spec/v1",
    )
    .unwrap();
    std::fs::copy(
        fetched.join("vocab.enpt.spm"),
        broken.join("vocab.ende.spm"),
    )
    .unwrap();
    let installed = Installed::scan(folder.path()).unwrap();
    let [problem] = &installed.problems[..] else {
        panic!("{:?}", installed.problems)
    };
    assert!(problem.path.ends_with("ende/model.ende.bin"), "{problem:?}");
    let [pair] = &installed.pairs[..] else {
        panic!("{:?}", installed.pairs)
    };
    assert_ne!(pair.source_vocabulary, pair.target_vocabulary);
    let split = Bergamot::new(&installed);
    let shared = bergamot();
    for (source, _) in golden::ENGLISH_TO_PORTUGUESE.iter().take(8) {
        let translated = |bergamot: &Bergamot| {
            bergamot
                .translate(&language("en"), &language("pt"), source)
                .unwrap()
        };
        let found = translated(&split);
        assert_eq!(numbers(source), numbers(&found), "`{source}` in `{found}`");
        assert_eq!(found, translated(&shared), "{source}");
    }
}
