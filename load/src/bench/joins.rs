//! What a join costs the server, and how long it takes to the first picture.

use std::time::Duration;

use anyhow::Result;

use super::row::Row;
use super::stage::{Lab, Stage, wait_for};
use crate::bot::publisher::Mode;
use crate::bot::viewer::Manner;
use crate::report::Percentiles;
use crate::run::ramp;

/// Joins while nothing is on air, for their cost. A server that does little else takes them from
/// cold caches, so they come as fast as those of the wave.
const QUIET: u32 = 600;
/// Joins of the goal: in ten seconds.
const WAVE: u32 = 1_000;
const WAVE_PER_S: u32 = 100;

/// Measures both.
pub(crate) async fn measure(lab: &Lab) -> Result<Vec<Row>> {
    let mut rows = vec![cost(lab).await?];
    rows.extend(wave(lab).await?);
    Ok(rows)
}

async fn cost(lab: &Lab) -> Result<Row> {
    let stage = Stage::open(lab, 1, Manner::default()).await?;
    // The first ones pay for what is made once.
    ramp(&stage.swarm, &lab.http, &stage.endpoint(), 20, WAVE_PER_S).await?;
    wait_for("DTLS", 20, || stage.swarm.connected()).await?;
    let begin = stage.usage()?;
    ramp(
        &stage.swarm,
        &lab.http,
        &stage.endpoint(),
        QUIET,
        WAVE_PER_S,
    )
    .await?;
    wait_for("DTLS", 20 + u64::from(QUIET), || stage.swarm.connected()).await?;
    let end = stage.usage()?;
    stage.close()?;
    let used = end.cpu.saturating_sub(begin.cpu).as_secs_f64() * 1e3 / f64::from(QUIET);
    Ok(Row::at_most(
        "server CPU per join, WHEP POST to DTLS up",
        "at most 1.0 ms",
        used,
        1.0,
        format!("{used:.2} ms"),
    ))
}

async fn wave(lab: &Lab) -> Result<Vec<Row>> {
    eprintln!("load: {WAVE} joins at {WAVE_PER_S} a second");
    let manner = Manner {
        joined: true,
        ..Manner::default()
    };
    let stage = Stage::open(lab, 1, manner).await?;
    stage.publisher.set(Mode::Whole);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (asked, begin) = (stage.publisher.keyframes_wanted(), stage.usage()?);
    let window = stage.look(Duration::from_secs(u64::from(WAVE / WAVE_PER_S)));
    let (filled, window) = tokio::join!(stage.fill(lab, WAVE, WAVE_PER_S), window);
    let end = stage.usage()?;
    let seconds = (end.at - begin.at).as_secs_f64();
    let asked = (stage.publisher.keyframes_wanted() - asked) as f64 / seconds;
    let seen = stage.close()?;
    if let Err(error) = filled {
        eprintln!("load: {error:#}");
    }
    let pictures: Vec<Duration> = seen.iter().filter_map(|seen| seen.picture).collect();
    let missing = WAVE as usize - pictures.len();
    let first = Percentiles::of(pictures);
    let worst = (first.p50 / 60.0).max(first.p95 / 300.0) + missing as f64;
    let mut figure = format!("p50 {:.0} ms, p95 {:.0} ms", first.p50, first.p95);
    if missing > 0 {
        figure += &format!(", {missing} without");
    }
    if let Ok(window) = window {
        figure += &format!(
            " (server {:.2}, generator {:.2} of a core)",
            window.server_cores, window.generator_cores
        );
    }
    let what = "answer to first whole key frame, 1,000 joins in 10 s, frames whole, GRO";
    let mut row = Row::at_most(what, "p50 at most 60 ms, p95 300 ms", worst, 1.0, figure);
    row.value = first.p50;
    Ok(vec![
        row,
        Row::at_most(
            "key frames asked of the publisher meanwhile",
            "at most 1 a second",
            asked,
            1.0,
            format!("{asked:.2} a second"),
        ),
    ])
}
