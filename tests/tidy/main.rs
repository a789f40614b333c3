//! The rules of the house that a machine can hold: who may depend on whom, which file alone may
//! name a crate, how long a file may grow, and what may not be left lying about.

use std::fs;
use std::path::{Path, PathBuf};

/// Longest Rust or TypeScript file, in lines. Aim at 250, split before 400; this is the red line.
const FILE_LINES_MAX: usize = 600;

/// Folders that hold source of ours.
const ROOMS: [&str; 6] = [
    "media",
    "translate",
    "signaling",
    "client-web",
    "tests",
    "load",
];

struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let skipped = ["node_modules", "dist", "target", "fixtures", "results"];
    for entry in fs::read_dir(folder).expect("a room is readable") {
        let path = entry.expect("a room is readable").path();
        let name = path
            .file_name()
            .expect("entries have names")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !skipped.contains(&name.as_str()) {
                collect(&path, found);
            }
        } else if [".rs", ".ts", ".tsx", ".mjs"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let path = path
                .strip_prefix(root())
                .expect("below the root")
                .display()
                .to_string();
            found.push(Source { path, text });
        }
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for room in ROOMS {
        collect(&root().join(room), &mut found);
    }
    assert!(
        found.len() > 20,
        "the walk found almost nothing: {} files",
        found.len()
    );
    found
}

/// Lines of code, comments left out: a comment may name what code may not.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[track_caller]
fn none(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let allowed: [(&str, &[&str]); 5] = [
        ("media", &[]),
        ("translate", &[]),
        ("signaling", &["media", "translate"]),
        ("tests", &["media", "translate", "signaling"]),
        ("load", &["media", "translate", "signaling", "tests"]),
    ];
    let mut broken = Vec::new();
    for (room, targets) in allowed {
        let text = fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        for table in ["dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(table).and_then(|t| t.as_table()) else {
                continue;
            };
            for (other, _) in allowed {
                if dependencies.contains_key(other) && !targets.contains(&other) {
                    broken.push(format!("{room} -> {other}"));
                }
            }
        }
    }
    none("arrows that ARCHITECTURE.md does not have", &broken);
}

#[test]
fn a_crate_behind_a_port_is_named_in_one_place() {
    let owners: [(&str, &str, &[&str]); 5] = [
        (
            "media/",
            "str0m::",
            &["media/src/ingest.rs", "media/src/ingest/"],
        ),
        (
            "media/",
            "dimpl::",
            &["media/src/dtls.rs", "media/src/dtls/"],
        ),
        ("translate/", "whisper_rs::", &["translate/src/engine/"]),
        ("translate/", "fxtranslate::", &["translate/src/engine/"]),
        (
            "client-web/src/",
            "RTCPeerConnection(",
            &["client-web/src/net/rtc.ts"],
        ),
    ];
    let mut broken = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| !source.path.contains("test"))
    {
        for (room, name, homes) in owners {
            let at_home = homes.iter().any(|home| source.path.starts_with(home));
            if source.path.starts_with(room)
                && !at_home
                && code_lines(&source.text).any(|line| line.contains(name))
            {
                broken.push(format!("{} names {name}", source.path));
            }
        }
    }
    none("names outside their home", &broken);
}

#[test]
fn only_the_composition_root_knows_media_and_translate() {
    // app.rs starts both; these two carry audio and captions between them.
    let root = [
        "signaling/src/app",
        "signaling/src/task/media.rs",
        "signaling/src/task/speech.rs",
    ];
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.path.starts_with("signaling/src/"))
        .filter(|source| !root.iter().any(|home| source.path.starts_with(home)))
        .filter(|source| {
            let names = |name: &str| code_lines(&source.text).any(|line| line.contains(name));
            names("media::") && names("translate::")
        })
        .map(|source| source.path.clone())
        .collect();
    none("files beside app.rs that name both rooms", &broken);
}

#[test]
fn unsafe_stays_in_the_socket_driver_and_the_engines() {
    let homes = [
        "media/src/driver/socket",
        // The allocator that counts: it proves that the hot path makes none.
        "media/src/testing.rs",
        "translate/src/engine/",
        "load/src/",
        "tests/tidy/",
    ];
    let mut broken = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.path.ends_with(".rs"))
    {
        let count = code_lines(&source.text)
            .filter(|line| line.contains("unsafe {"))
            .count();
        let notes = source.text.matches("SAFETY:").count();
        let at_home = homes.iter().any(|home| source.path.starts_with(home));
        if count > 0 && !at_home {
            broken.push(format!("{}: unsafe outside its home", source.path));
        }
        if count > notes && !source.path.starts_with("tests/tidy/") {
            broken.push(format!(
                "{}: {count} unsafe blocks, {notes} SAFETY notes",
                source.path
            ));
        }
    }
    none("unsafe code", &broken);
}

#[test]
fn files_stay_short_and_say_what_they_hold() {
    let mut broken = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| !source.path.contains(".gen."))
    {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            broken.push(format!("{}: {lines} lines", source.path));
        }
        if source.path.ends_with(".rs") && !source.text.starts_with("//!") {
            broken.push(format!("{}: no `//!` header", source.path));
        }
    }
    none("files over the red line or without a header", &broken);
}

#[test]
fn nothing_is_left_lying_about() {
    let leftovers = [
        "FIXME",
        "TODO",
        "XXX",
        "dbg!(",
        "todo!(",
        "unimplemented!(",
        "console.log(",
    ];
    let mut broken = Vec::new();
    for source in sources() {
        let tools = ["tests/tidy/", "client-web/scripts/", "tests/e2e/"];
        if tools.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            if let Some(left) = leftovers.iter().find(|left| line.contains(**left)) {
                broken.push(format!("{}:{}: {left}", source.path, number + 1));
            }
        }
    }
    none("leftovers", &broken);
}

#[test]
fn the_top_level_holds_only_rooms_and_tool_files() {
    let known = [
        "ARCHITECTURE.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "Makefile",
        "README.md",
        "client-web",
        "clippy.toml",
        "deny.toml",
        "docs",
        "load",
        "media",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "signaling",
        "target",
        "tests",
        "translate",
    ];
    let broken: Vec<String> = fs::read_dir(root())
        .expect("the root is readable")
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()))
        .collect();
    none("unexpected at the top level", &broken);
}
