//! Directories as operators make them.

use super::*;

/// A folder with empty files of these names.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    folder
}

fn pairs(installed: &Installed) -> Vec<String> {
    installed
        .pairs
        .iter()
        .map(|pair| format!("{}>{}", pair.from, pair.to))
        .collect()
}

#[test]
fn directions_are_read_from_the_names_in_use() {
    let check = |name: &str, expected: Option<(&str, &str)>| {
        let found = direction(name).map(|(from, to)| (from.to_string(), to.to_string()));
        assert_eq!(
            found,
            expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
            "{name}"
        );
    };
    check("enpt", Some(("en", "pt")));
    check("en-pt", Some(("en", "pt")));
    check("en_pt", Some(("en", "pt")));
    check("enpt-1693087644", Some(("en", "pt")));
    check("en-de-base-memory", Some(("en", "de")));
    check("enzh", Some(("en", "zh")));
    check("enzh_hant", Some(("en", "zh-Hant")));
    check("zh-Hant-en", Some(("zh-Hant", "en")));
    check("EN-DE", Some(("en", "de")));
    check("intgemm", None);
    check("tiny", None);
    check("model", None);
    check("", None);
    check("é-x", None);
}

#[test]
fn mozilla_models_appear_with_shared_and_with_split_vocabularies() {
    let folder = folder(&[
        "bergamot/enpt/model.enpt.intgemm.alphas.bin",
        "bergamot/enpt/vocab.enpt.spm",
        "bergamot/enpt/lex.50.50.enpt.s2t.bin",
        "bergamot/tiny/zhen/model.zhen.intgemm.alphas.bin",
        "bergamot/tiny/zhen/srcvocab.zhen.spm",
        "bergamot/tiny/zhen/trgvocab.zhen.spm",
        "bergamot/es-en-tiny/model.intgemm.alphas.bin",
        "bergamot/es-en-tiny/vocab.spm",
    ]);
    let installed = Installed::scan(folder.path()).unwrap();
    assert_eq!(pairs(&installed), ["en>pt", "es>en", "zh>en"]);
    assert_eq!(installed.problems, []);
    let chinese = &installed.pairs[2];
    assert!(chinese.source_vocabulary.ends_with("srcvocab.zhen.spm"));
    assert!(chinese.target_vocabulary.ends_with("trgvocab.zhen.spm"));
    assert_eq!(chinese.shortlist, None);
    let shared = &installed.pairs[0];
    assert_eq!(shared.source_vocabulary, shared.target_vocabulary);
    assert!(shared.shortlist.is_some());
}

#[test]
fn of_two_models_for_a_direction_the_larger_is_used() {
    let folder = folder(&[
        "bergamot/a/model.ende.bin",
        "bergamot/a/vocab.ende.spm",
        "bergamot/b/model.ende.bin",
        "bergamot/b/vocab.ende.spm",
    ]);
    fs::write(folder.path().join("bergamot/b/model.ende.bin"), "larger").unwrap();
    let installed = Installed::scan(folder.path()).unwrap();
    assert_eq!(pairs(&installed), ["en>de"]);
    assert!(installed.pairs[0].directory.ends_with("b"));
}

#[test]
fn what_cannot_be_used_says_why() {
    let folder = folder(&[
        "bergamot/ende/model.ende.intgemm.alphas.bin.gz",
        "bergamot/enfr/model.enfr.bin",
        "bergamot/mine/model.bin",
        "bergamot/mine/vocab.spm",
        "whisper/broken.bin",
        "whisper/readme.txt",
    ]);
    let installed = Installed::scan(folder.path()).unwrap();
    assert_eq!((installed.pairs.len(), installed.whisper.len()), (0, 0));
    let reasons: Vec<&str> = installed
        .problems
        .iter()
        .map(|p| p.reason.as_str())
        .collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("gunzip")));
    assert!(reasons.iter().any(|reason| reason.contains("vocab*.spm")));
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("name the folder"))
    );
}

#[test]
fn a_directory_that_is_not_there_holds_nothing() {
    let installed = Installed::scan(Path::new("/does/not/exist")).unwrap();
    assert_eq!((installed.whisper.len(), installed.pairs.len()), (0, 0));
    assert_eq!(installed.recognizer(None), None);
}

#[test]
fn the_standard_file_is_used_unless_another_is_named() {
    let model = |name: &str, is_multilingual: bool, layers: i32| WhisperModel {
        name: name.to_owned(),
        path: PathBuf::from(name),
        is_multilingual,
        size: "",
        precision: "",
        bytes: 0,
        layers,
    };
    let tiny_en = model("ggml-tiny.en-q8_0.bin", false, 4);
    let small = model("my-small.bin", true, 12);
    let large = model("my-large.bin", true, 32);
    let base = model(STANDARD, true, 6);
    let check = |models: &[&WhisperModel], name: Option<&str>, expected: Option<&str>| {
        let whisper = models.iter().map(|&m| m.clone()).collect();
        let installed = Installed {
            whisper,
            ..Installed::default()
        };
        assert_eq!(
            installed.recognizer(name).map(|m| m.name.as_str()),
            expected
        );
    };
    check(&[&large, &base, &small, &tiny_en], None, Some(STANDARD));
    check(&[&large, &small, &tiny_en], None, Some("my-small.bin"));
    check(&[&tiny_en], None, Some("ggml-tiny.en-q8_0.bin"));
    check(&[&large, &base], Some("my-large.bin"), Some("my-large.bin"));
    check(&[&large, &base], Some("absent.bin"), None);
}
