//! One server with a publisher and viewers, and what it uses while they are on.

use std::time::{Duration, Instant};

use ::tests::feed::Feed;
use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use tests::wait::now;
use tests::whip;

use crate::bot::publisher::{Mode, Publisher};
use crate::bot::viewer::{Manner, Seen, Swarm};
use crate::measure::{self, Cores, Floor};
use crate::run::ramp;
use crate::target::{Target, Usage};

/// The show that is watched.
const SHOW: &str = "bench";
/// Longest wait for viewers to have what they came for.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a change of mode needs to show in the figures.
const SETTLE: Duration = Duration::from_millis(300);

/// What all measurements share.
pub(crate) struct Lab {
    /// Who may use which.
    pub cores: Cores,
    /// For offers.
    pub http: Client,
}

impl Lab {
    /// A client and the cores.
    pub(crate) fn new(cores: Cores) -> Result<Lab> {
        Ok(Lab {
            cores,
            http: whip::client()?,
        })
    }
}

/// A server on air.
pub(crate) struct Stage {
    /// The server.
    pub target: Target,
    /// Paused at first.
    pub publisher: Publisher,
    /// Nobody at first.
    pub swarm: Swarm,
}

/// What happened between two moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Server CPU, microseconds for each packet delivered.
    pub cpu_us: f64,
    /// Packets delivered in a second.
    pub packets_per_s: f64,
    /// Share of packets that did not come.
    pub loss: f64,
    /// Cores the server used.
    pub server_cores: f64,
    /// Cores the generator used.
    pub generator_cores: f64,
}

impl Stage {
    /// A server with so many workers, all on the server's cores, and its publisher.
    pub(crate) async fn open(lab: &Lab, workers: usize, manner: Manner) -> Result<Stage> {
        let target = Target::start(SHOW, &lab.cores, workers, &[])?;
        let endpoint = format!("{}/whip/{SHOW}", target.url);
        let publisher =
            Publisher::start(&lab.http, &endpoint, target.token.as_deref(), Feed::new()).await?;
        Ok(Stage {
            target,
            publisher,
            swarm: Swarm::start(manner)?,
        })
    }

    /// Where viewers post their offers.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/whep/{SHOW}", self.target.url)
    }

    /// The show's name.
    pub(crate) fn show(&self) -> &'static str {
        SHOW
    }

    /// Lets viewers come; returns when all have had a picture.
    pub(crate) async fn fill(&self, lab: &Lab, count: u32, per_s: u32) -> Result<()> {
        let all = self.swarm.pictures() + u64::from(count);
        ramp(&self.swarm, &lab.http, &self.endpoint(), count, per_s).await?;
        wait_for("pictures", all, || self.swarm.pictures()).await
    }

    /// What the server has used.
    pub(crate) fn usage(&self) -> Result<Usage> {
        self.target.usage()?.context("our own server's process")
    }

    /// Plays like this for a while and pauses.
    pub(crate) async fn window(&self, mode: Mode, time: Duration) -> Result<Window> {
        self.publisher.set(mode);
        tokio::time::sleep(SETTLE).await;
        let window = self.look(time).await;
        self.publisher.set(Mode::Paused);
        tokio::time::sleep(SETTLE).await;
        window
    }

    /// Measures for a while what goes on anyway.
    pub(crate) async fn look(&self, time: Duration) -> Result<Window> {
        let swarm = &self.swarm;
        let moment = || -> Result<(Usage, Duration, u64, u64)> {
            let generator = measure::cpu_time(std::process::id())?;
            Ok((self.usage()?, generator, swarm.packets(), swarm.expected()))
        };
        let begin = moment()?;
        tokio::time::sleep(time).await;
        let end = moment()?;
        let seconds = (end.0.at - begin.0.at).as_secs_f64();
        let (packets, expected) = ((end.2 - begin.2) as f64, (end.3 - begin.3) as f64);
        ensure!(packets > 0.0, "no viewer got a packet");
        let server = end.0.cpu.saturating_sub(begin.0.cpu).as_secs_f64();
        Ok(Window {
            cpu_us: server * 1e6 / packets,
            packets_per_s: packets / seconds,
            loss: (1.0 - packets / expected).max(0.0),
            server_cores: server / seconds,
            generator_cores: end.1.saturating_sub(begin.1).as_secs_f64() / seconds,
        })
    }

    /// The plain `sendto` of the viewers' packets at this rate, microseconds.
    pub(crate) fn floor(&self, lab: &Lab, packets_per_s: f64, time: Duration) -> Result<f64> {
        let (destinations, sizes) = self.swarm.destinations();
        Floor::new(destinations, sizes, packets_per_s).measure(&lab.cores, time)
    }

    /// Sends everybody home.
    pub(crate) fn close(self) -> Result<Vec<Seen>> {
        drop(self.publisher);
        self.swarm.stop()
    }
}

/// Waits until `count` reaches `all`.
pub(crate) async fn wait_for(what: &str, all: u64, count: impl Fn() -> u64) -> Result<()> {
    let end: Instant = now() + PATIENCE;
    while count() < all {
        ensure!(
            now() < end,
            "only {} of {all} viewers had {what} within {PATIENCE:?}",
            count()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
