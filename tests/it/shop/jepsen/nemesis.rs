//! What goes wrong in a run: servers die, connections are cut, clocks jump, the store crashes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use tests::clock::Clock;
use tests::postgres::Postgres;
use tests::proxy::Proxy;
use tests::server::{Disk, Server};
use tests::stripe_shaped::StripeShaped;

/// Pause between two blows.
const PAUSE_MS: std::ops::Range<u64> = 150..900;
/// How far clocks jump, seconds: beyond the life of quotes (5 minutes) and holds (10).
const JUMP_S: std::ops::Range<i64> = -300..1_500;

/// A server behind a network that can be cut, with a clock of its own.
pub(crate) struct Node {
    server: Option<Server>,
    pub(crate) proxy: Proxy,
    clock: Clock,
}

/// The servers of a run and their store.
pub(crate) struct Nemesis {
    disk: Disk,
    pub(crate) nodes: Vec<Node>,
    store: Option<Postgres>,
    /// What every server is started with.
    arguments: Vec<String>,
    done: BTreeMap<&'static str, u32>,
}

impl Nemesis {
    /// Starts so many servers on one store: a database file, or PostgreSQL.
    pub(crate) async fn start(
        servers: usize,
        store: Option<Postgres>,
        provider: &StripeShaped,
    ) -> Result<Nemesis> {
        let mut arguments = provider.arguments().map(str::to_owned).to_vec();
        if let Some(store) = &store {
            arguments.extend(["--database".to_owned(), store.url()]);
        }
        let mut nemesis = Nemesis {
            disk: Disk::new()?,
            nodes: Vec::new(),
            store,
            arguments,
            done: BTreeMap::new(),
        };
        for at in 0..servers {
            nemesis.nodes.push(Node {
                server: None,
                proxy: Proxy::open().await?,
                clock: Clock::new()?,
            });
            nemesis.revive(at)?;
        }
        Ok(nemesis)
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Blows until the time is over.
    pub(crate) async fn rage(&mut self, mut random: StdRng, time: Duration) -> Result<()> {
        let end = tests::wait::now() + time;
        while tests::wait::now() < end {
            let pause = random.random_range(PAUSE_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.blow(&mut random)?;
        }
        println!("blows: {:?}", self.done);
        Ok(())
    }

    fn blow(&mut self, random: &mut StdRng) -> Result<()> {
        let at = random.random_range(0..self.nodes.len());
        let node = &mut self.nodes[at];
        let blow = match random.random_range(0..10) {
            0..3 => {
                // Who is answered at that moment may hear half of it.
                drop(node.server.take());
                self.revive(at)?;
                "kill -9"
            }
            3..6 => {
                node.proxy.cut();
                "cut"
            }
            6..9 => {
                node.clock.set(random.random_range(JUMP_S))?;
                "clock"
            }
            _ => match &self.store {
                Some(store) => {
                    store.crash()?;
                    store.up()?;
                    "store"
                }
                None => return Ok(()),
            },
        };
        *self.done.entry(blow).or_default() += 1;
        Ok(())
    }

    /// Right clocks, and new servers: nothing of before is still on its way.
    pub(crate) fn calm(&mut self) -> Result<()> {
        for at in 0..self.nodes.len() {
            drop(self.nodes[at].server.take());
            self.nodes[at].clock.set(0)?;
        }
        (0..self.nodes.len()).try_for_each(|at| self.revive(at))
    }

    fn revive(&mut self, at: usize) -> Result<()> {
        let node = &mut self.nodes[at];
        node.proxy.lead_to(None)?;
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let binary = env!("CARGO_BIN_EXE_vitrine-tested");
        let server = Server::start_as(node.clock.command(binary), &self.disk, &arguments)?;
        node.proxy.lead_to(Some(server.url()))?;
        node.server = Some(server);
        Ok(())
    }
}
