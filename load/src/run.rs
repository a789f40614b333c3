//! One run from start to report: server, publisher, viewers coming, the measured time with
//! shoppers buying, everybody leaving, the `sendto` floor.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use reqwest::Client;
use tests::wait::now;
use tests::whip;

use crate::Args;
use crate::bot::publisher::{Mode, Publisher};
use crate::bot::shopper::{self, Bought};
use crate::bot::viewer::{Manner, Seen, Swarm};
use crate::measure::{self, Cores, Floor};
use crate::report::{Percentiles, Report};
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
/// How long the `sendto` floor is measured.
const FLOOR: Duration = Duration::from_secs(1);
/// Products in the shop of a server that was started here.
const CATALOGUE: &str = "id,title,price,currency,stock\n\
    cup,Cup,9.90,EUR,1000000\nlamp,Lamp,49.00,EUR,1000000\n";

/// The server's use of the machine and the viewers' packets at one moment.
type Moment = (Usage, u64);

/// Runs a scenario.
pub(crate) fn run(scenario: &Scenario, args: &Args) -> Result<Report> {
    let cores = Cores::split()?;
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
    let publisher = match scenario.publish {
        true => Some(publish(scenario, target, &http).await?),
        false => None,
    };
    let swarm = Swarm::start(Manner::default())?;
    let before = usage(target, &swarm)?;
    come(scenario, target, &http, &swarm).await?;
    let begin = usage(target, &swarm)?;
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
    let bought = bought?;

    let stopped = now();
    let rate = publisher.as_ref().map(|publisher| rate(publisher, stopped));
    drop(publisher);
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
    report.judge();
    Ok(report)
}

/// A publisher with the moment it started.
struct OnAir {
    publisher: Publisher,
    since: Instant,
}

fn rate(on_air: &OnAir, until: Instant) -> f64 {
    on_air.publisher.packets() as f64 / (until - on_air.since).as_secs_f64()
}

async fn publish(scenario: &Scenario, target: &Target, http: &Client) -> Result<OnAir> {
    let endpoint = format!("{}/whip/{}", target.url, scenario.show);
    let publisher = Publisher::start(http, &endpoint, target.token.as_deref()).await?;
    publisher.set(Mode::Whole);
    if target.is_ours() && scenario.shoppers.count > 0 {
        let token = target
            .token
            .as_deref()
            .context("our own server has a token")?;
        let shop = format!("{}/api/shows/{}/products", target.url, scenario.show);
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
    eprintln!("load: on air");
    Ok(OnAir {
        publisher,
        since: now(),
    })
}

/// Lets the viewers come at the scenario's pace and waits until they have pictures.
async fn come(scenario: &Scenario, target: &Target, http: &Client, swarm: &Swarm) -> Result<()> {
    let endpoint = format!("{}/whep/{}", target.url, scenario.show);
    let (count, per_s) = (scenario.viewers.count, scenario.viewers.ramp_per_s);
    ramp(swarm, http, &endpoint, count, per_s).await?;
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
