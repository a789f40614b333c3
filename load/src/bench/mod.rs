//! `load bench`: the media engine against its goals. Server and generator have different cores,
//! the plain `sendto` floor is measured in the same run, rounds are interleaved so that a change
//! of the machine's mood falls on all rows alike.

mod capacity;
mod delay;
pub(crate) mod figures;
mod forwarding;
mod joins;
mod memory;
pub(crate) mod row;
mod stage;

use std::path::PathBuf;

use anyhow::Result;

use crate::measure::{Cores, Ticks};
use figures::Figures;
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
    let all_met = Figures::new(before, rows).publish(args.json.as_deref())?;
    Ok(!args.strict || all_met)
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
