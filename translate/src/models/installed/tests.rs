//! Directories as operators make them.

use super::*;

/// A folder with files of these names, the smallest that are whole.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, smallest(file)).unwrap();
    }
    folder
}

/// A network of no tensors, a vocabulary of one piece, a shortlist of no words.
fn smallest(file: &str) -> Vec<u8> {
    let name = file.rsplit('/').next().unwrap();
    if name.starts_with("model") {
        [1_u64, 0, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    } else if name.ends_with(".spm") {
        vec![0x0a, 2, 0x0a, 0]
    } else if name.starts_with("lex") {
        vec![0; 48]
    } else {
        Vec::new()
    }
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
    let larger = [smallest("model"), vec![0; 9]].concat();
    fs::write(folder.path().join("bergamot/b/model.ende.bin"), larger).unwrap();
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
fn a_broken_file_is_named_and_the_other_models_work() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 17140836\n";
    // Two tensors are announced and there is one; then lengths that would fill any memory.
    let tensor = |bytes: u64| [1_u64, 2, 1, 0, 0, bytes].map(u64::to_le_bytes).concat();
    let endless = [1_u64, u64::MAX, 1, 1, 1, 1].map(u64::to_le_bytes).concat();
    let short = [
        [1_u64, 1, 0, 0, 0, 100, 0].map(u64::to_le_bytes).concat(),
        vec![0; 40],
    ]
    .concat();
    for (file, bytes, reason) in [
        (
            "model.ende.bin",
            pointer.as_bytes().to_vec(),
            "git lfs pull",
        ),
        (
            "model.ende.bin",
            b"<!DOCTYPE html><html>".to_vec(),
            "not a Marian",
        ),
        ("model.ende.bin", tensor(3), "cut short"),
        ("model.ende.bin", endless, "makes no sense"),
        ("model.ende.bin", short, "96 of 156 bytes"),
        (
            "vocab.ende.spm",
            b"<!DOCTYPE html>".to_vec(),
            "not a SentencePiece",
        ),
        (
            "vocab.ende.spm",
            vec![0x0a, 200, 1, 0],
            "cut short: 4 of 203 bytes",
        ),
        ("vocab.ende.spm", Vec::new(), "without pieces"),
        (
            "lex.ende.bin",
            [0_u64, 0, 0, 0, 9, 9].map(u64::to_le_bytes).concat(),
            "48 of 156",
        ),
        ("lex.ende.bin", vec![0; 7], "cut short"),
    ] {
        let folder = folder(&[
            "bergamot/ende/model.ende.bin",
            "bergamot/ende/vocab.ende.spm",
            "bergamot/ende/lex.ende.bin",
            "bergamot/enfr/model.enfr.bin",
            "bergamot/enfr/vocab.enfr.spm",
        ]);
        fs::write(folder.path().join("bergamot/ende").join(file), bytes).unwrap();
        let installed = Installed::scan(folder.path()).unwrap();
        assert_eq!(pairs(&installed), ["en>fr"], "{file}: {reason}");
        let [problem] = &installed.problems[..] else {
            panic!("{file}: {:?}", installed.problems)
        };
        assert!(problem.path.ends_with(file), "{problem:?}");
        assert!(problem.reason.contains(reason), "{problem:?}");
    }
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
