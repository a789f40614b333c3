//! The fetched models are, byte for byte, the pinned ones. `make test` fetches them first.

use std::collections::BTreeSet;

use translate::models::{self, Installed, Progress, State};

#[test]
fn every_fetched_model_has_its_pinned_hash() {
    let directory = models::directory(None);
    for listing in models::verify(&directory, &Progress::silent()).unwrap() {
        assert!(
            matches!(listing.state, State::Verified | State::Own),
            "`{}` in `{}` is {:?}: run `vitrine models fetch`",
            listing.name,
            directory.display(),
            listing.state,
        );
    }
}

#[test]
fn the_fetched_directory_is_understood_without_knowing_what_was_fetched() {
    let installed = Installed::scan(&models::directory(None)).unwrap();
    assert_eq!(installed.problems, [], "run `vitrine models fetch`");
    let standard = installed
        .recognizer(None)
        .expect("run `vitrine models fetch`");
    assert_eq!((standard.size, standard.precision), ("base", "q8_0"));
    assert!(standard.is_multilingual);
    let tiny = installed
        .recognizer(Some("ggml-tiny.en-q8_0.bin"))
        .expect("tiny.en is fetched");
    assert!(!tiny.is_multilingual);
    let pairs: BTreeSet<String> = installed
        .pairs
        .iter()
        .map(|pair| format!("{}>{}", pair.from, pair.to))
        .collect();
    assert!(
        pairs.is_superset(&["en>pt", "pt>en"].map(String::from).into()),
        "{pairs:?}"
    );
}

/// The whole way from packages to models, when the packages are at hand: the network is not a
/// precondition of the tests.
#[test]
fn models_are_made_again_from_kept_packages_and_come_out_the_same() {
    let kept = models::directory(None).join("wheels");
    let folder = tempfile::tempdir().unwrap();
    let wheels = folder.path().join("wheels");
    if std::fs::read_dir(&kept).is_ok_and(|found| found.count() >= 4) {
        std::os::unix::fs::symlink(&kept, &wheels).unwrap();
    } else {
        eprintln!(
            "no packages are kept in `{}`: they are downloaded",
            kept.display()
        );
    }
    models::fetch(folder.path(), &[], &Progress::silent()).unwrap();
    let listings = models::verify(folder.path(), &Progress::silent()).unwrap();
    assert!(
        listings
            .iter()
            .all(|listing| listing.state == State::Verified),
        "{listings:?}"
    );
}
