//! The figures of a run, with what they were measured on: a table for people, JSON for machines.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::row::{Row, table};
use crate::measure::Ticks;

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
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

impl Figures {
    /// Rows measured on this machine since `before`.
    pub(crate) fn new(before: Ticks, rows: Vec<Row>) -> Figures {
        Figures {
            at_ms: signaling::clock::now_ms(),
            machine: machine(),
            commit: commit(),
            stolen: Ticks::now().stolen_since(before),
            rows,
        }
    }

    /// Prints the table and writes the JSON; returns whether all goals are met.
    pub(crate) fn publish(&self, json: Option<&Path>) -> Result<bool> {
        println!(
            "{}; commit {}; {:.1} % of its time given to other guests by the host\n",
            self.machine,
            self.commit.as_deref().unwrap_or("unknown"),
            self.stolen * 100.0
        );
        println!("{}", table(&self.rows));
        if let Some(path) = json {
            std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(self.rows.iter().all(|row| row.met != Some(false)))
    }
}

/// Processor, cores and kernel.
fn machine() -> String {
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
fn commit() -> Option<String> {
    let git = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .output()
        .ok()?;
    let text = String::from_utf8(git.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
