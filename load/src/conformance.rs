//! `load conformance`: judges any server by the WHIP or WHEP suite of the test harness
//! (`tests/harness/conformance`), one line a rule.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use tests::conformance::{Protocol, Target, Verdict, run};

/// Arguments of `load conformance`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the server speaks
    protocol: Name,
    /// Endpoint, e.g. http://127.0.0.1:8080/whip/demo
    url: String,
    /// Bearer token
    #[arg(long)]
    token: Option<String>,
    /// Write the outcomes here as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    Whip,
    Whep,
}

/// Whether every MUST was kept.
pub(crate) fn judge(args: Args) -> Result<bool> {
    let target = Target {
        protocol: match args.protocol {
            Name::Whip => Protocol::Whip,
            Name::Whep => Protocol::Whep,
        },
        endpoint: args.url,
        token: args.token,
    };
    let outcomes = tests::session::block_on(run(&target))?;
    for outcome in &outcomes {
        println!("{}", outcome.line());
    }
    let count = |is: fn(&Verdict) -> bool| outcomes.iter().filter(|o| is(&o.verdict)).count();
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.is_failure())
        .count();
    println!(
        "{} kept, {} broken ({failed} of them a MUST), {} passed over",
        count(|verdict| matches!(verdict, Verdict::Kept)),
        count(|verdict| matches!(verdict, Verdict::Broken(_))),
        count(|verdict| matches!(verdict, Verdict::PassedOver(_))),
    );
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&outcomes)? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(failed == 0)
}
