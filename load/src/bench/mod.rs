//! `load bench`: the media engine against its goals. Server and generator have different cores,
//! the plain `sendto` floor is measured in the same run, rounds are interleaved so that a change
//! of the machine's mood falls on all rows alike.

mod capacity;
mod delay;
mod forwarding;
mod joins;
mod memory;
pub(crate) mod row;
mod stage;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::measure::{Cores, Ticks};
use row::Row;
use stage::Lab;

/// Arguments of `load bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Interleaved rounds of the forwarding rows
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only these parts, e.g. `--only forwarding,joins`
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Exit with 1 when a goal is missed
    #[arg(long)]
    strict: bool,
    /// Write the rows here as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Forwarding,
    Joins,
    Memory,
    Capacity,
}

/// The result, with what it was measured on.
#[derive(Debug, Serialize)]
struct Bench {
    /// Unix milliseconds.
    at_ms: u64,
    /// Processor, cores and kernel.
    machine: String,
    /// Version control's name of the sources, where it is known.
    commit: Option<String>,
    /// Share of the cores' time that the host gave to other guests meanwhile. A few percent make
    /// the tails of delays.
    stolen: f64,
    rows: Vec<Row>,
}

/// Prints the table; with `--strict`, whether all goals are met.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let cores = Cores::split()?;
    cores.as_generator()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let before = Ticks::now();
    let rows = runtime.block_on(measure(args, cores))?;
    let bench = Bench {
        at_ms: signaling::clock::now_ms(),
        machine: machine(),
        commit: commit(),
        stolen: Ticks::now().stolen_since(before),
        rows,
    };
    println!(
        "{}; commit {}; {:.1} % of its time given to other guests by the host\n",
        bench.machine,
        bench.commit.as_deref().unwrap_or("unknown"),
        bench.stolen * 100.0
    );
    println!("{}", row::table(&bench.rows));
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&bench)? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(!args.strict || bench.rows.iter().all(|row| row.met != Some(false)))
}

async fn measure(args: &Args, cores: Cores) -> Result<Vec<Row>> {
    let lab = Lab::new(cores)?;
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    let mut rows = Vec::new();
    if wanted(Part::Forwarding) {
        rows.extend(forwarding::measure(&lab, args.rounds.max(1)).await?);
    }
    if wanted(Part::Capacity) {
        rows.extend(capacity::measure(&lab).await?);
    }
    if wanted(Part::Memory) {
        rows.extend(memory::measure(&lab).await?);
    }
    if wanted(Part::Joins) {
        rows.extend(joins::measure(&lab).await?);
    }
    Ok(rows)
}

/// Processor, cores and kernel.
pub(crate) fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let names: Vec<&str> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name.trim())
        .collect();
    let (name, count) = (names.first().unwrap_or(&"unknown processor"), names.len());
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{name}, {count} cores, Linux {}", kernel.trim())
}

/// Version control's name of the sources.
pub(crate) fn commit() -> Option<String> {
    let git = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .output()
        .ok()?;
    let text = String::from_utf8(git.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
