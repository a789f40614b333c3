//! Runs a command beside a PostgreSQL cluster of its own, whose address is in
//! `VITRINE_TEST_POSTGRES`: `with-postgres cargo nextest run …`.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use tests::postgres::Postgres;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("name a command to run")?;
    let cluster = Postgres::start()?;
    let status = Command::new(&program)
        .args(arguments)
        .env("VITRINE_TEST_POSTGRES", cluster.url())
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
