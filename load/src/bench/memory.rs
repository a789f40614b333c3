//! What a viewer keeps in the server's memory.

use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt as _;

use super::row::Row;
use super::stage::{Lab, Stage, wait_for};
use crate::bot::page;
use crate::bot::publisher::Mode;
use crate::bot::viewer::Manner;

/// Enough that what is made once does not count.
const VIEWERS: u32 = 300;
const RAMP_PER_S: u32 = 50;
const PAGES: u32 = 200;
/// Buffers reach their size while media flows.
const SETTLE: Duration = Duration::from_secs(2);

/// Measures viewers over WHEP, then pages.
pub(crate) async fn measure(lab: &Lab) -> Result<Vec<Row>> {
    eprintln!("load: memory");
    let stage = Stage::open(lab, 1, Manner::default()).await?;
    stage.publisher.set(Mode::Whole);
    tokio::time::sleep(SETTLE).await;
    let empty = stage.usage()?.resident;
    stage.fill(lab, VIEWERS, RAMP_PER_S).await?;
    tokio::time::sleep(SETTLE).await;
    let viewers = stage.usage()?.resident;
    let pages = watch(lab, &stage).await?;
    tokio::time::sleep(SETTLE).await;
    let full = stage.usage()?.resident;
    stage.close()?;
    pages.iter().for_each(tokio::task::JoinHandle::abort);
    let per = |less: u64, more: u64, count: u32| {
        more.saturating_sub(less) as f64 / 1024.0 / f64::from(count)
    };
    let (viewer, page) = (per(empty, viewers, VIEWERS), per(viewers, full, PAGES));
    Ok(vec![
        Row::at_most(
            "memory per WHEP viewer",
            "at most 32 KiB",
            viewer,
            32.0,
            format!("{viewer:.1} KiB"),
        ),
        Row::at_most(
            "memory per page viewer, media and WebSocket",
            "at most 64 KiB",
            page,
            64.0,
            format!("{page:.1} KiB"),
        ),
    ])
}

/// Pages whose sockets are read to the end.
async fn watch(lab: &Lab, stage: &Stage) -> Result<Vec<tokio::task::JoinHandle<()>>> {
    let mut pages = Vec::new();
    let all = stage.swarm.pictures() + u64::from(PAGES);
    for _ in 0..PAGES {
        let url = &stage.target.url;
        let mut socket = page::watch(&lab.http, url, stage.show(), &stage.swarm).await?;
        pages.push(tokio::spawn(async move {
            while let Some(Ok(_)) = socket.next().await {}
        }));
    }
    wait_for("pictures", all, || stage.swarm.pictures()).await?;
    Ok(pages)
}
