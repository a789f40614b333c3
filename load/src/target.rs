//! The server under load: a given one, or one of our own on its own cores.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use signaling::protocol::client::Role;
use tests::server::{Disk, Server, built};
use tests::wait::now;

use crate::Args;
use crate::measure::{self, Cores};
use crate::scenario::Scenario;

/// The server.
pub(crate) struct Target {
    /// Base of its addresses, without a slash at the end.
    pub url: String,
    /// Host token of the show.
    pub token: Option<String>,
    /// Its process on this machine.
    pub pid: Option<u32>,
    /// Kept until the end when it was started here.
    child: Option<(Server, Disk)>,
}

/// CPU and memory of the server at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// The moment.
    pub at: Instant,
    /// CPU time used so far.
    pub cpu: Duration,
    /// Resident bytes.
    pub resident: u64,
}

impl Target {
    /// The server that the arguments name, or one of our own.
    pub(crate) fn of(scenario: &Scenario, args: &Args, cores: &Cores) -> Result<Target> {
        let Some(url) = &args.server else {
            let threads = scenario.captions.as_ref().map(|captions| {
                let threads = captions.threads.unwrap_or(cores.of_server() / 2);
                ["--caption-threads".to_owned(), threads.max(1).to_string()]
            });
            let extra: Vec<&str> = threads.iter().flatten().map(String::as_str).collect();
            return Target::start(&scenario.show, cores, cores.of_server(), &extra);
        };
        if scenario.publish && args.token.is_none() {
            bail!(
                "publishing on {url} needs --token (vitrine token --show {} …)",
                scenario.show
            );
        }
        let url = url.trim_end_matches('/').to_owned();
        Ok(Target::given(url, args.token.clone(), args.pid))
    }

    /// A server that runs already.
    pub(crate) fn given(url: String, token: Option<String>, pid: Option<u32>) -> Target {
        Target {
            url,
            token,
            pid,
            child: None,
        }
    }

    /// Starts a server on its cores, which it inherits, and comes back to the generator's.
    pub(crate) fn start(
        show: &str,
        cores: &Cores,
        workers: usize,
        extra: &[&str],
    ) -> Result<Target> {
        cores.as_server()?;
        let disk = Disk::new()?;
        let binary = built()?;
        let binary = binary
            .to_str()
            .context("the path of `vitrine` is not UTF-8")?;
        let workers = workers.to_string();
        let arguments: Vec<&str> = ["--workers", &workers]
            .into_iter()
            .chain(extra.iter().copied())
            .collect();
        let server = Server::start(binary, &disk, &arguments)?;
        cores.as_generator()?;
        eprintln!("load: server {} (process {})", server.url(), server.pid());
        Ok(Target {
            url: server.url().to_owned(),
            token: Some(disk.token(show, Role::Host)),
            pid: Some(server.pid()),
            child: Some((server, disk)),
        })
    }

    /// A host's token of a show, when it can be had.
    pub(crate) fn host(&self, show: &str) -> Option<String> {
        let own = self
            .child
            .as_ref()
            .map(|(_, disk)| disk.token(show, Role::Host));
        own.or_else(|| self.token.clone())
    }

    /// Whether it was started here.
    pub(crate) fn is_ours(&self) -> bool {
        self.child.is_some()
    }

    /// What it has used; `None` when its process is not known.
    pub(crate) fn usage(&self) -> Result<Option<Usage>> {
        let Some(pid) = self.pid else {
            return Ok(None);
        };
        let (cpu, resident) = (measure::cpu_time(pid)?, measure::resident(pid)?);
        Ok(Some(Usage {
            at: now(),
            cpu,
            resident,
        }))
    }
}
