//! One run from start to report: server, publisher, viewers coming, the measured time with
//! shoppers buying, everybody leaving, the `sendto` floor.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use reqwest::Client;
use signaling::protocol::API;
use tests::feed::Feed;
use tests::wait::now;
use tests::{tools, whip};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Args;
use crate::bot::publisher::{Mode, Publisher};
use crate::bot::reader::{self, Read, Stage};
use crate::bot::shopper::{self, Bought};
use crate::bot::speech::Speech;
use crate::bot::viewer::{Manner, Seen, Swarm};
use crate::measure::{self, Cores, Floor};
use crate::report::{CaptionReport, Percentiles, Report};
use crate::scenario::{Scenario, Shoppers};
use crate::target::{Target, Usage};

/// Longest wait for the last viewer's pictures after it came.
const JOIN: Duration = Duration::from_secs(20);
/// Offers under way at once.
const OFFERS_MAX: usize = 32;
/// What is still on its way when the publisher stops.
const DRAIN: Duration = Duration::from_millis(500);
/// A viewer whose last packet is older than this when the publisher stops was cut off.
const SILENCE: Duration = Duration::from_millis(400);
/// How long speakers speak before captions count.
const FOUND: Duration = Duration::from_secs(10);
/// How long the `sendto` floor is measured.
const FLOOR: Duration = Duration::from_secs(1);
/// Products in the shop of a server that was started here.
const CATALOGUE: &str = "id,title,price,currency,stock\n\
    cup,Cup,9.90,EUR,1000000\nlamp,Lamp,49.00,EUR,1000000\n";

/// The server's use of the machine and the viewers' packets at one moment.
type Moment = (Usage, u64);

/// Runs a scenario.
pub(crate) fn run(scenario: &Scenario, args: &Args) -> Result<Report> {
    let cores = match scenario.captions {
        Some(_) => Cores::shared()?,
        None => Cores::split()?,
    };
    let target = Target::of(scenario, args, &cores)?;
    cores.as_generator()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(drive(scenario, &target, &cores))
}

async fn drive(scenario: &Scenario, target: &Target, cores: &Cores) -> Result<Report> {
    let http = whip::client()?;
    let mut publishers = Vec::new();
    if scenario.publish {
        for (n, show) in scenario.shows().iter().enumerate() {
            publishers.push(publish(scenario, target, &http, (n, show)).await?);
        }
        eprintln!("load: on air");
    }
    let (stage, readers) = read(scenario, target, &http).await?;
    let swarm = Swarm::start(Manner::default())?;
    let before = usage(target, &swarm)?;
    come(scenario, target, &http, &swarm).await?;
    settle(&readers).await;
    let begin = usage(target, &swarm)?;
    stage.send_replace(Stage::Measuring);
    eprintln!(
        "load: {} viewers joined, measuring {} s",
        swarm.joined(),
        scenario.hold_s
    );
    let (bought, ()) = tokio::join!(
        shoppers(&scenario.shoppers, scenario, target, &http),
        tokio::time::sleep(Duration::from_secs(scenario.hold_s))
    );
    let end = usage(target, &swarm)?;
    stage.send_replace(Stage::Over);
    let bought = bought?;
    let mut seen_captions = Vec::new();
    for reader in readers {
        seen_captions.push(reader.await??);
    }

    let stopped = now();
    let rates = publishers.iter().map(|publisher| rate(publisher, stopped));
    let rate = rates.reduce(f64::max);
    let words_per_s = publishers
        .iter()
        .map(|on_air| on_air.words_per_s)
        .sum::<f64>();
    drop(publishers);
    tokio::time::sleep(DRAIN).await;
    let (destinations, sizes) = swarm.destinations();
    let generator_dropped = measure::receive_drops(&destinations);
    let floor = match begin.zip(end) {
        Some((begin, end)) if !sizes.is_empty() => {
            let packets = end.1.saturating_sub(begin.1) as f64;
            let per_s = packets / (end.0.at - begin.0.at).as_secs_f64();
            Some(Floor::new(destinations, sizes, per_s).measure(cores, FLOOR)?)
        }
        _ => None,
    };
    let seen = swarm.stop()?;
    let cut_off = rate.map(|rate| (rate, stopped));
    let mut report = report(
        scenario,
        &seen,
        &bought,
        [before, begin, end],
        cut_off,
        floor,
    );
    report.generator_dropped = generator_dropped;
    report.captions = captions(scenario, &seen_captions, words_per_s * report.hold_s);
    report.judge();
    Ok(report)
}

/// A publisher with the moment it started.
struct OnAir {
    publisher: Publisher,
    since: Instant,
    /// Words it says in a second.
    words_per_s: f64,
}

fn rate(on_air: &OnAir, until: Instant) -> f64 {
    on_air.publisher.packets() as f64 / (until - on_air.since).as_secs_f64()
}

async fn publish(
    scenario: &Scenario,
    target: &Target,
    http: &Client,
    (n, show): (usize, &str),
) -> Result<OnAir> {
    let endpoint = format!("{}/whip/{show}", target.url);
    let (mut feed, mut words_per_s) = (Feed::new(), 0.0);
    if let Some(captions) = &scenario.captions {
        let folder = tools::root().join(&captions.speech);
        // Everybody begins with another clip.
        let speech = Speech::read(&folder, &captions.spoken, 3 * n)?;
        feed = feed.speaking(speech.packets);
        words_per_s = speech.words_per_s;
    }
    let token = target.host(show);
    let publisher = Publisher::start(http, &endpoint, token.as_deref(), feed).await?;
    publisher.set(Mode::Whole);
    if target.is_ours() && scenario.shoppers.count > 0 {
        let token = target
            .token
            .as_deref()
            .context("our own server has a token")?;
        let shop = format!("{}{API}/shows/{}/products", target.url, scenario.show);
        let request = http
            .post(&shop)
            .bearer_auth(token)
            .header("content-type", "text/csv");
        let answer = request.body(CATALOGUE).send().await?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "POST {shop}: {status}: {}",
            answer.text().await?
        );
    }
    Ok(OnAir {
        publisher,
        since: now(),
        words_per_s,
    })
}

/// Lets the viewers come at the scenario's pace and waits until they have pictures.
async fn come(scenario: &Scenario, target: &Target, http: &Client, swarm: &Swarm) -> Result<()> {
    let (count, per_s) = (scenario.viewers.count, scenario.viewers.ramp_per_s);
    let shows = scenario.shows();
    let streams = u32::try_from(shows.len())?;
    for (n, show) in (0..).zip(&shows) {
        let endpoint = format!("{}/whep/{show}", target.url);
        let share = (count + streams - 1 - n) / streams;
        ramp(swarm, http, &endpoint, share, per_s).await?;
    }
    let end = now() + JOIN;
    while swarm.joined() < scenario.viewers.count.into() && now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ensure!(
        swarm.joined() > 0,
        "no viewer got a packet within {JOIN:?}: is anybody publishing?"
    );
    Ok(())
}

/// Readers of every language in every show, and what tells them when to count.
async fn read(
    scenario: &Scenario,
    target: &Target,
    http: &Client,
) -> Result<(watch::Sender<Stage>, Vec<JoinHandle<Result<Read>>>)> {
    let stage = watch::Sender::new(Stage::Coming);
    let mut readers = Vec::new();
    if let Some(captions) = &scenario.captions {
        for show in scenario.shows() {
            for language in &captions.languages {
                let told = stage.subscribe();
                readers.push(reader::start(http, &target.url, &show, language, told).await?);
            }
        }
    }
    Ok((stage, readers))
}

/// The first words of a show are spent on finding its language.
async fn settle(readers: &[JoinHandle<Result<Read>>]) {
    if !readers.is_empty() {
        tokio::time::sleep(FOUND).await;
    }
}

fn captions(scenario: &Scenario, seen: &[Read], said: f64) -> Vec<CaptionReport> {
    let plan = scenario.captions.as_ref();
    let languages = plan
        .map(|plan| plan.languages.as_slice())
        .unwrap_or_default();
    let report = |language: &String| {
        let read = seen.iter().filter(|read| read.language == *language);
        let read: Vec<&Read> = read.collect();
        let words: usize = read.iter().map(|read| read.words).sum();
        let is_spoken = plan.is_some_and(|plan| plan.spoken == *language);
        CaptionReport {
            language: language.clone(),
            lines: read.iter().map(|read| read.lag.len()).sum(),
            lag_ms: Percentiles::of(read.iter().flat_map(|read| read.lag.iter().copied())),
            partials: read.iter().map(|read| read.shown.len()).sum(),
            shown_ms: Percentiles::of(read.iter().flat_map(|read| read.shown.iter().copied())),
            captioned_ratio: is_spoken.then_some(words as f64 / said),
            gap_s: read.iter().map(|read| read.gap.as_secs_f64()).sum(),
        }
    };
    languages.iter().map(report).collect()
}

/// Lets viewers come to `endpoint` at a steady pace.
pub(crate) async fn ramp(
    swarm: &Swarm,
    http: &Client,
    endpoint: &str,
    count: u32,
    per_s: u32,
) -> Result<()> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / per_s);
    let mut joins = FuturesUnordered::new();
    let mut left = count;
    while left > 0 || !joins.is_empty() {
        tokio::select! {
            // A slow server slows the pace instead of drowning.
            _ = pace.tick(), if left > 0 && joins.len() < OFFERS_MAX => {
                left -= 1;
                joins.push(swarm.join(http, endpoint));
            }
            Some(joined) = joins.next() => joined?,
        }
    }
    Ok(())
}

async fn shoppers(
    plan: &Shoppers,
    scenario: &Scenario,
    target: &Target,
    http: &Client,
) -> Result<Vec<Bought>> {
    let all = (0..plan.count).map(|_| shopper::shop(http, &target.url, &scenario.show, plan));
    futures_util::future::try_join_all(all).await
}

fn usage(target: &Target, swarm: &Swarm) -> Result<Option<Moment>> {
    Ok(target.usage()?.map(|usage| (usage, swarm.packets())))
}

fn report(
    scenario: &Scenario,
    seen: &[Seen],
    bought: &[Bought],
    [before, begin, end]: [Option<Moment>; 3],
    cut_off: Option<(f64, Instant)>,
    floor: Option<f64>,
) -> Report {
    let received: u64 = seen.iter().map(|viewer| viewer.received).sum();
    // Sequence numbers do not show what is missing at the end: it is made up from the rate.
    let tail = |viewer: &Seen| {
        let (rate, stopped) = cut_off?;
        let silent = stopped.saturating_duration_since(viewer.heard);
        (silent > SILENCE).then_some((silent.as_secs_f64() * rate) as u64)
    };
    let expected: u64 = seen
        .iter()
        .map(|viewer| viewer.expected + tail(viewer).unwrap_or(0))
        .sum();
    let joined: Vec<Duration> = seen.iter().filter_map(|viewer| viewer.joined).collect();
    let window = begin.zip(end).map(|(begin, end)| {
        let seconds = (end.0.at - begin.0.at).as_secs_f64();
        let packets = (end.1 - begin.1).max(1) as f64;
        let cpu = end.0.cpu.saturating_sub(begin.0.cpu);
        (seconds, packets, cpu.as_secs_f64())
    });
    let cpu = window.map(|(_, packets, cpu)| cpu * 1e6 / packets);
    let grown = before.zip(begin).map(|(before, begin)| {
        (begin.0.resident as i64 - before.0.resident as i64) / (joined.len().max(1) as i64)
    });
    Report {
        scenario: scenario.name.clone(),
        hold_s: window.map_or(scenario.hold_s as f64, |(seconds, ..)| seconds),
        viewers: scenario.viewers.count.into(),
        joined: joined.len() as u64,
        join_ms: Percentiles::of(joined),
        packets_expected: expected,
        packets_received: received,
        loss_ratio: expected.saturating_sub(received) as f64 / expected.max(1) as f64,
        generator_dropped: 0,
        captions: Vec::new(),
        packets_per_s: window.map_or(0.0, |(seconds, packets, _)| packets / seconds),
        server_cpu_us_per_packet: cpu,
        sendto_floor_us: floor,
        cpu_over_floor: cpu.zip(floor).map(|(cpu, floor)| cpu / floor),
        server_cores: window.map(|(seconds, _, cpu)| cpu / seconds),
        server_rss_bytes_per_viewer: grown,
        orders: bought.iter().map(|bought| bought.took.len() as u64).sum(),
        order_ms: Percentiles::of(bought.iter().flat_map(|bought| bought.took.iter().copied())),
        budget: scenario.budget.clone(),
        broken: Vec::new(),
    }
}
