//! The description of the REST API against the server that serves it: schemathesis makes up
//! requests from it, right ones and wrong ones, as a host and as nobody, and holds each answer
//! against it.

use std::process::Command;

use anyhow::{Context as _, ensure};
use tests::tools;

use crate::World;

/// What every answer must be. Left out: that each request of the right shape is accepted, for
/// what is on the shelf and which show there is stands in no schema.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    missing_required_header,unsupported_method,allow_header_conformance,ignored_auth";

/// Runs schemathesis; its report is in the error.
fn ask(world: &World, token: Option<&str>) -> anyhow::Result<()> {
    let command = tools::python()?.with_file_name("schemathesis");
    let mut run = Command::new(&command);
    // One worker: threads of CPython 3.11 share how deep they are in parsing Python, which
    // hypothesis does, and trip over each other ("AST constructor recursion depth mismatch").
    run.args(["run", &world.url("/api/v1/openapi.json")])
        .args(["--seed", "5", "--max-examples", "20", "--workers", "1"])
        .args(["--checks", CHECKS, "--continue-on-failure"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--warnings", "off", "--generation-database", "none"])
        // Where it runs is where it would leave its notes.
        .current_dir(world.disk.path());
    if let Some(token) = token {
        run.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let out = run
        .output()
        .with_context(|| format!("{} does not start", command.display()))?;
    let told = String::from_utf8_lossy(&out.stdout);
    ensure!(out.status.success(), "schemathesis found fault:\n{told}");
    ensure!(
        told.contains("passed"),
        "schemathesis asked nothing:\n{told}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_described_for_a_host() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    ask(&world, Some(&world.host))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_described_for_anybody() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    ask(&world, None)
}
