//! Replays what the fuzzers kept and found, and asks further with mutations of it.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::{TARGETS, Target};

/// Inputs of one target: the seeds and what exploring added, and every input that once broke it.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut inputs = Vec::new();
    for folder in ["corpus", "crashes"] {
        let Ok(files) = fs::read_dir(root.join(folder).join(name)) else {
            continue;
        };
        inputs.extend(files.map(|file| fs::read(file.unwrap().path()).unwrap()));
    }
    inputs
}

#[test]
fn every_kept_input_is_taken() {
    for (name, target) in TARGETS {
        let inputs = kept(name);
        assert!(inputs.len() >= 3, "the corpus of {name} is gone");
        inputs.iter().for_each(|input| target(input));
    }
}

/// The seeds are worth something: a good one of each gets past its parser.
#[test]
fn seeds_reach_the_depths() {
    let opens = |input: &Vec<u8>| {
        let request = crate::stun::Request::parse(input);
        let provider = rtc_crypto::default_provider().unwrap();
        request.is_some_and(|r| r.verify(super::PASSWORD, provider.crypto()).is_some())
    };
    assert!(kept("stun").iter().any(opens));
    assert!(
        kept("rtcp")
            .iter()
            .any(|c| !crate::rtcp::feedback(c).is_empty())
    );
    let text = |input: &Vec<u8>| String::from_utf8_lossy(input).into_owned();
    let offers = |input: &Vec<u8>| crate::sdp::Offer::parse(&text(input)).is_ok();
    assert!(kept("sdp").iter().any(offers));
    let fragments = |input: &Vec<u8>| crate::sdpfrag::Fragment::parse(&text(input)).is_ok();
    assert!(kept("sdpfrag").iter().any(fragments));
}

/// One change to a kept input.
#[derive(Debug, Clone)]
enum Change {
    Set(usize, u8),
    Cut(usize),
    Repeat(usize, usize),
    Splice(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any::<(usize, u8)>().prop_map(|(at, octet)| Change::Set(at, octet)),
        1 => any::<usize>().prop_map(Change::Cut),
        1 => any::<(usize, usize)>().prop_map(|(from, to)| Change::Repeat(from, to)),
        1 => any::<(usize, usize)>().prop_map(|(other, at)| Change::Splice(other, at)),
    ]
}

fn apply(changes: &[Change], input: &mut Vec<u8>, others: &[Vec<u8>]) {
    for change in changes {
        let len = input.len();
        if len == 0 {
            return;
        }
        match change {
            Change::Set(at, octet) => input[at % len] = *octet,
            Change::Cut(at) => input.truncate(at % len),
            Change::Repeat(from, to) => {
                let (from, to) = (from % len, to % len);
                let piece = input[from.min(to)..from.max(to)].to_vec();
                input.extend(piece);
            }
            Change::Splice(other, at) => {
                let other = &others[other % others.len()];
                input.truncate(at % len);
                input.extend(&other[(at % len).min(other.len())..]);
            }
        }
    }
}

fn ask(name: &str, target: Target) {
    let inputs = kept(name);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(3_000));
    let strategy = (any::<usize>(), prop::collection::vec(change(), 1..8));
    let mutated = runner.run(&strategy, |(which, changes)| {
        let mut input = inputs[which % inputs.len()].clone();
        apply(&changes, &mut input, &inputs);
        target(&input);
        Ok(())
    });
    mutated.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let junk = runner.run(&prop::collection::vec(any::<u8>(), 0..300), |junk| {
        target(&junk);
        Ok(())
    });
    junk.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

#[test]
fn mutations_of_kept_inputs_are_taken() {
    for (name, target) in TARGETS {
        ask(name, target);
    }
}

/// Writes the seeds anew: `cargo test -p media -- --ignored write_the_seeds`.
#[test]
#[ignore = "writes media/fuzz/corpus"]
fn write_the_seeds() {
    use crate::testing::{Caller, Wish, check};
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(root.join(target)).unwrap();
        fs::write(root.join(target).join(name), bytes).unwrap();
    };
    let crypto = rtc_crypto::default_provider().unwrap();
    for (name, nominate) in [("check", false), ("nomination", true)] {
        write(
            "stun",
            name,
            &check("00aaaaaaaa:bbbb", super::PASSWORD, nominate, &*crypto),
        );
    }
    write(
        "stun",
        "stranger",
        &check("00aaaaaaaa:bbbb", "another", true, &*crypto),
    );
    write(
        "stun",
        "answer",
        &[&[1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat(),
    );
    write_media(&write);
    for wish in [Wish::View, Wish::Publish] {
        let offer = Caller::new(wish, "127.0.0.1:1".parse().unwrap()).offer();
        write("sdp", &format!("{wish:?}").to_lowercase(), offer.as_bytes());
        let audio = offer
            .replace("m=video", "m=audio")
            .replace("VP8/90000", "opus/48000/2");
        write(
            "sdp",
            &format!("{wish:?}-audio").to_lowercase(),
            audio.as_bytes(),
        );
    }
    let trickle = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
        a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n\
        a=end-of-candidates\r\n";
    write("sdpfrag", "trickle", trickle.as_bytes());
    let restart = trickle.lines().filter(|line| !line.contains("andidate"));
    let restart: String = restart.map(|line| format!("{line}\r\n")).collect();
    write("sdpfrag", "restart", restart.as_bytes());
    write(
        "sdpfrag",
        "bare",
        b"m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n",
    );
    write("framing", "two", &[0, 0, 3, 1, 2, 3, 0, 1, 9]);
    write("framing", "long", &[255, 255, 255, 1, 2, 3]);
    write(
        "framing",
        "pieces",
        &[1, 0, 4, 1, 2, 3, 4, 0, 0, 0, 2, 5, 6],
    );
}

fn write_media(write: &dyn Fn(&str, &str, &[u8])) {
    write("rtcp", "report", &[0x80, 201, 0, 1, 0, 0, 0, 1]);
    write(
        "rtcp",
        "nack",
        &[0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0, 5],
    );
    write("rtcp", "pli", &[0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7]);
    let fir = [
        0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0,
    ];
    write("rtcp", "fir", &fir);
    let twcc = [
        0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0, 2, 0, 0, 4, 0, 0x20, 2, 4, 8,
    ];
    write("rtcp", "transport-cc", &twcc);
    write("rtp", "opus", &[0, 0xfc, 1, 2, 3]);
    let vp8 = [
        1, 0x90, 0xe0, 0x81, 0x02, 3, 0x20, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1,
    ];
    write("rtp", "vp8-key", &vp8);
    write("rtp", "h264-idr", &[2, 0x65, 0x88, 0x84]);
    write(
        "rtp",
        "h264-stap",
        &[2, 0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 2, 0x68, 0xce],
    );
    write("rtp", "h264-fu", &[2, 0x7c, 0x85, 0x88]);
}
