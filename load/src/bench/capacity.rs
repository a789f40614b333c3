//! How many viewers one core carries before packets are lost.

use std::time::Duration;

use anyhow::Result;

use super::row::Row;
use super::stage::{Lab, Stage, Window};
use crate::bot::publisher::Mode;
use crate::bot::viewer::Manner;

const FIRST: u32 = 400;
const STEP: u32 = 100;
const MOST: u32 = 2_000;
const RAMP_PER_S: u32 = 100;
const WINDOW: Duration = Duration::from_millis(2_500);
/// What a burst of joins leaves behind.
const SETTLE: Duration = Duration::from_millis(500);
/// A viewer may miss this much.
const LOSS_MAX: f64 = 0.005;

/// Lets viewers come until packets are lost.
pub(crate) async fn measure(lab: &Lab) -> Result<Vec<Row>> {
    let manner = Manner {
        joined: true,
        ..Manner::default()
    };
    let stage = Stage::open(lab, 1, manner).await?;
    stage.publisher.set(Mode::Whole);
    let (mut viewers, mut best) = (0, None);
    let mut end = "the limit of this measurement".to_owned();
    while viewers < MOST {
        let more = if viewers == 0 { FIRST } else { STEP };
        if let Err(error) = stage.fill(lab, more, RAMP_PER_S).await {
            end = format!("{error:#}");
            break;
        }
        viewers += more;
        tokio::time::sleep(SETTLE).await;
        let window = stage.look(WINDOW).await?;
        eprintln!(
            "load: {viewers} viewers, {:.0} packets/s, loss {:.3} %, server {:.2}, generator {:.2}",
            window.packets_per_s,
            window.loss * 100.0,
            window.server_cores,
            window.generator_cores
        );
        if window.loss > LOSS_MAX {
            end = format!("{:.1} % lost at {viewers}", window.loss * 100.0);
            break;
        }
        best = Some((viewers, window));
    }
    stage.close()?;
    Ok(rows(best, &end))
}

fn rows(best: Option<(u32, Window)>, end: &str) -> Vec<Row> {
    let (viewers, rate, used) = best.map_or((0, 0.0, String::new()), |(viewers, window)| {
        let used = format!(
            "server {:.2}, generator {:.2} of a core",
            window.server_cores, window.generator_cores
        );
        (viewers, window.packets_per_s, used)
    });
    vec![
        Row::at_least(
            "packets/s on one core before loss exceeds 0.5 %, GRO",
            "at least 300 k",
            rate / 1_000.0,
            300.0,
            format!("{:.0} k ({used}; ended by: {end})", rate / 1_000.0),
        ),
        Row::at_least(
            "viewers of that stream on one core, GRO",
            "at least 900",
            viewers.into(),
            900.0,
            viewers.to_string(),
        ),
    ]
}
