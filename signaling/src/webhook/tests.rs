//! The guard against every way to write an address; signatures against the reference; and the
//! machine under any sequence of answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::courier::{Courier, Delivery, Input, Output, Standing};
use super::guard::{Guard, UrlError};
use super::schedule::{Verdict, WAITS, wait_ms};
use super::sign::{Secret, signature};
use crate::limits::webhooks::{IN_FLIGHT_MAX, IN_FLIGHT_PER_ENDPOINT_MAX};

#[test]
fn signatures_are_those_of_the_reference() {
    let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    let sign = |secrets: &[Secret]| {
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        signature(secrets, id, 1_614_265_330, r#"{"test": 2432232314}"#)
    };
    let known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(sign(std::slice::from_ref(&secret)), known);
    let fresh = Secret::fresh();
    assert!(Secret::parse(&fresh.reveal()) == Some(fresh.clone()));
    let both = sign(&[fresh, secret]);
    assert_eq!(both.split(' ').count(), 2, "{both}");
    assert!(both.ends_with(known));
    for bad in [
        "",
        "whsec_",
        "whsec_AAAA",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_é",
    ] {
        assert!(Secret::parse(bad).is_none(), "{bad}");
    }
}

const FORBIDDEN: [&str; 30] = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001::1",
    "2002:a00:1::",
    "2001:db8::1",
];

#[test]
fn only_the_public_internet_is_reached() {
    let guard = Guard::default();
    for text in FORBIDDEN {
        let address: IpAddr = text.parse().expect("an address");
        assert!(!guard.admits(address), "{text}");
    }
    for text in [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "8.8.8.8",
        "2606:4700::1111",
        "2a00::1",
    ] {
        assert!(guard.admits(text.parse().expect("an address")), "{text}");
    }
    let allowed = |text: &str| Guard::new(vec![text.parse().expect("a network")]);
    let own = allowed("10.1.0.0/16");
    let admits = |text: &str| own.admits(text.parse().expect("an address"));
    assert!(admits("10.1.9.9") && admits("::ffff:10.1.9.9") && !admits("10.2.0.1"));
    assert!(allowed("fd00::/8").admits("fd12::1".parse().expect("an address")));
    for bad in ["10.0.0.0/33", "10.0.0/8", "example.org", "10.0.0.0/", "/8"] {
        assert!(bad.parse::<super::guard::Net>().is_err(), "{bad}");
    }
}

#[test]
fn urls_are_https_without_a_password_and_lead_nowhere_inside() {
    let guard = Guard::default();
    let private = |text: &str| UrlError::Forbidden(text.parse().expect("an address"));
    for (url, error) in [
        ("http://example.org/", UrlError::Plain),
        ("ftp://example.org/", UrlError::Malformed),
        ("example.org", UrlError::Malformed),
        ("https://me:s3cret@example.org/", UrlError::Userinfo),
        ("https://127.0.0.1/", private("127.0.0.1")),
        // The same, in the ways that the URL standard reads.
        ("https://2130706433/", private("127.0.0.1")),
        ("https://0x7f.1/", private("127.0.0.1")),
        ("https://0177.0.0.1/", private("127.0.0.1")),
        (
            "https://[::ffff:169.254.169.254]/",
            private("::ffff:169.254.169.254"),
        ),
        ("https://[::1]:8443/", private("::1")),
    ] {
        assert_eq!(guard.url(url), Err(error), "{url}");
    }
    assert!(guard.url("https://example.org/hooks?shop=1").is_ok());
    let own = Guard::new(vec!["127.0.0.0/8".parse().expect("a network")]);
    assert!(own.url("http://127.0.0.1:9000/").is_ok());
    assert_eq!(own.url("http://1.1.1.1/"), Err(UrlError::Plain));
}

proptest! {
    #[test]
    fn clothes_do_not_matter(bits: u32) {
        let guard = Guard::default();
        let plain = Ipv4Addr::from_bits(bits);
        let mapped = IpAddr::V6(plain.to_ipv6_mapped());
        prop_assert_eq!(guard.admits(IpAddr::V4(plain)), guard.admits(mapped));
        // NAT64, 6to4, and IPv4-compatible: never, whatever they carry.
        let [high, low] = [(bits >> 16) as u16, bits as u16];
        for carried in [
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
        ] {
            prop_assert!(!guard.admits(IpAddr::V6(carried)));
        }
    }

    #[test]
    fn waits_are_the_schedule_and_at_most_a_tenth_more(tries in 0u32..20, chance in -1.0..2.0f64) {
        let index = (tries as usize).checked_sub(1);
        let Some(base) = index.and_then(|index| WAITS.get(index)) else {
            prop_assert_eq!(wait_ms(tries, chance), None);
            return Ok(());
        };
        let (base, wait) = (base.as_millis() as u64, wait_ms(tries, chance).expect("a wait"));
        prop_assert!(wait >= base && wait <= base + base / 10, "{} {}", base, wait);
    }

    /// Some endpoints, events that come at any time, receivers that answer anything: each event
    /// ends taken, given up after ten tries, or with an endpoint that is gone; and on the way no
    /// limit is broken.
    #[test]
    fn nothing_is_lost_and_no_limit_broken(
        steps in prop::collection::vec((0u8..4, 0u8..20, 0u8..10, 0.0..1.0f64), 1..200),
    ) {
        let mut world = World::default();
        for (endpoint, seq, answer, chance) in steps {
            world.step(endpoint, seq, answer, chance)?;
        }
        world.finish()?;
    }
}

#[derive(Default)]
struct World {
    courier: Courier,
    now_ms: u64,
    owed: BTreeSet<Delivery>,
    flying: BTreeSet<Delivery>,
    tries: BTreeMap<Delivery, u32>,
    due_ms: BTreeMap<Delivery, u64>,
    gone: BTreeSet<String>,
}

impl World {
    fn step(
        &mut self,
        endpoint: u8,
        seq: u8,
        answer: u8,
        chance: f64,
    ) -> Result<(), TestCaseError> {
        let endpoint = format!("e{endpoint}");
        let delivery = Delivery {
            endpoint: endpoint.clone(),
            seq: seq.into(),
        };
        if !self.gone.contains(&endpoint) && !self.tries.contains_key(&delivery) {
            self.owed.insert(delivery.clone());
            self.tries.insert(delivery.clone(), 0);
            let (tries, due_ms) = (0, self.now_ms);
            self.courier.handle(
                self.now_ms,
                Input::Owed {
                    delivery,
                    tries,
                    due_ms,
                },
            );
        }
        self.drain()?;
        self.answer(answer, chance)?;
        if let Some(deadline) = self.courier.deadline_ms().filter(|_| seq.is_multiple_of(3)) {
            self.now_ms = self.now_ms.max(deadline);
        }
        self.drain()
    }

    fn answer(&mut self, answer: u8, chance: f64) -> Result<(), TestCaseError> {
        let Some(delivery) = self.flying.pop_first() else {
            return Ok(());
        };
        let verdict =
            Verdict::of([200, 500, 500, 500, 302, 404, 429, 500, 500, 410][answer as usize]);
        let input = Input::Tried {
            delivery,
            verdict,
            chance,
        };
        self.courier.handle(self.now_ms, input);
        self.drain()
    }

    fn drain(&mut self) -> Result<(), TestCaseError> {
        while let Some(output) = self.courier.poll(self.now_ms) {
            match output {
                Output::Send { delivery, attempt } => {
                    prop_assert!(
                        !self.gone.contains(&delivery.endpoint),
                        "sent to who is gone"
                    );
                    prop_assert!(
                        self.due_ms
                            .get(&delivery)
                            .is_none_or(|due| *due <= self.now_ms)
                    );
                    let tries = self.tries.entry(delivery.clone()).or_default();
                    *tries += 1;
                    prop_assert_eq!(attempt, *tries);
                    prop_assert!(*tries <= 10);
                    prop_assert!(self.flying.insert(delivery), "twice in the air");
                }
                Output::Keep {
                    delivery,
                    tries,
                    standing,
                } => {
                    prop_assert_eq!(tries, self.tries[&delivery]);
                    match standing {
                        Standing::Owed(due_ms) => {
                            prop_assert!(due_ms > self.now_ms);
                            self.due_ms.insert(delivery, due_ms);
                        }
                        Standing::Delivered | Standing::GivenUp => {
                            prop_assert!(self.owed.remove(&delivery), "ended once");
                        }
                    }
                }
                Output::Disable { endpoint } => {
                    self.owed.retain(|delivery| delivery.endpoint != endpoint);
                    self.flying.retain(|delivery| delivery.endpoint != endpoint);
                    self.gone.insert(endpoint);
                }
            }
            let most = self
                .flying
                .iter()
                .fold(BTreeMap::new(), |mut counts, delivery| {
                    *counts.entry(&delivery.endpoint).or_insert(0) += 1;
                    counts
                });
            prop_assert!(
                most.values()
                    .all(|count| *count <= IN_FLIGHT_PER_ENDPOINT_MAX)
            );
            prop_assert!(self.flying.len() <= IN_FLIGHT_MAX);
        }
        Ok(())
    }

    /// Everybody answers 500 until the schedule is at its end.
    fn finish(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..10_000 {
            self.drain()?;
            if !self.flying.is_empty() {
                self.answer(1, 0.5)?;
            } else if let Some(deadline) = self.courier.deadline_ms() {
                self.now_ms = self.now_ms.max(deadline);
            } else {
                break;
            }
        }
        prop_assert!(self.owed.is_empty(), "left over: {:?}", self.owed);
        Ok(())
    }
}
