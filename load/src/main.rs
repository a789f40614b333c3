//! `load`: how much, how late, at what cost. Runs a scenario against a server, its own or a
//! given one, and judges the result by the scenario's budgets: exit code 0 kept, 1 broken. What the
//! media engine, the captions and the shop reach of their goals. And whether a server, ours or any, keeps to
//! WHIP and WHEP.

mod bench;
mod bot;
mod captions;
mod conformance;
mod flash_sale;
mod measure;
mod report;
mod run;
mod scenario;
mod socket;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;

use scenario::Scenario;

/// Load generator of Vitrine
#[derive(Debug, Parser)]
enum Command {
    /// Run a scenario and judge it by its budgets
    Run(Args),
    /// Measure the media engine against its goals and print the table
    Bench(bench::Args),
    /// Measure captions against their goals and print the table
    Captions(captions::Args),
    /// Sell thousands of pieces against the goals of the shop and print the table
    FlashSale(flash_sale::Args),
    /// Judge a server by WHIP (RFC 9725) or WHEP
    Conformance(conformance::Args),
}

/// Arguments of `load run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scenario file
    scenario: PathBuf,
    /// Server to load, e.g. http://127.0.0.1:8080; without it one is started on its own core
    #[arg(long)]
    server: Option<String>,
    /// Host token of the show, needed to publish on a given server
    #[arg(long)]
    token: Option<String>,
    /// Process id of a given server on this machine, to measure its CPU and memory
    #[arg(long)]
    pid: Option<u32>,
    /// Write the report here as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LOAD_LOG")
                .unwrap_or_else(|_| "error,load=info".into()),
        )
        .init();
    let verdict = match Command::parse() {
        Command::Run(args) => run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Captions(args) => captions::run(&args),
        Command::FlashSale(args) => flash_sale::run(&args),
        Command::Conformance(args) => conformance::judge(args),
    };
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the budgets were kept.
fn run(args: &Args) -> Result<bool> {
    let scenario = Scenario::read(&args.scenario)?;
    let report = run::run(&scenario, args)?;
    println!("{}", report.table());
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    for broken in &report.broken {
        eprintln!("load: budget broken: {broken}");
    }
    Ok(report.broken.is_empty())
}
