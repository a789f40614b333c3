//! What a forwarded packet costs and how long it stays, against the plain `sendto` floor.

use std::time::Duration;

use anyhow::Result;

use super::delay::Delays;
use super::row::{Row, Spread};
use super::stage::{Lab, Stage, Window};
use crate::bot::publisher::Mode;
use crate::bot::viewer::Manner;
use crate::report::Percentiles;

/// The viewers of the goals.
const VIEWERS: u32 = 200;
/// Whole clients: each decrypts and answers everything, so there are fewer.
const VIEWERS_FEEDBACK: u32 = 50;
const RAMP_PER_S: u32 = 50;
/// One measurement of one round.
const WINDOW: Duration = Duration::from_secs(3);
const FLOOR: Duration = Duration::from_secs(2);

/// One round, all in microseconds for a packet.
struct Round {
    whole: Window,
    paced: Window,
    two: Window,
    feedback: Window,
    floor: f64,
}

/// Measures in interleaved rounds.
pub(crate) async fn measure(lab: &Lab, count: usize) -> Result<Vec<Row>> {
    let feedback = Manner {
        feedback: true,
        ..Manner::default()
    };
    let one = Stage::open(lab, 1, Manner::default()).await?;
    let two = Stage::open(lab, 2, Manner::default()).await?;
    let back = Stage::open(lab, 1, feedback).await?;
    for (stage, viewers) in [(&one, VIEWERS), (&two, VIEWERS), (&back, VIEWERS_FEEDBACK)] {
        stage.publisher.set(Mode::Whole);
        stage.fill(lab, viewers, RAMP_PER_S).await?;
        stage.publisher.set(Mode::Paused);
    }
    let (mut whole_delays, mut paced_delays) = (Delays::default(), Delays::default());
    let mut rounds = Vec::new();
    for number in 1..=count {
        eprintln!("load: forwarding, round {number} of {count}");
        let (whole, delays) = noted(&one, Mode::Whole).await?;
        whole_delays.extend(delays);
        let floor = one.floor(lab, whole.packets_per_s, FLOOR)?;
        let (paced, delays) = noted(&one, Mode::Paced).await?;
        paced_delays.extend(delays);
        rounds.push(Round {
            whole,
            paced,
            two: two.window(Mode::Whole, WINDOW).await?,
            feedback: back.window(Mode::Whole, WINDOW).await?,
            floor,
        });
    }
    for stage in [one, two, back] {
        stage.close()?;
    }
    let mut rows = costs(&rounds);
    rows.extend(delay_rows(whole_delays, paced_delays));
    Ok(rows)
}

async fn noted(stage: &Stage, mode: Mode) -> Result<(Window, Delays)> {
    stage.publisher.note(true);
    stage.swarm.note(true);
    let window = stage.window(mode, WINDOW).await;
    stage.publisher.note(false);
    stage.swarm.note(false);
    let delays = Delays::of(&stage.publisher.take_left(), &stage.swarm.take_came());
    Ok((window?, delays))
}

fn costs(rounds: &[Round]) -> Vec<Row> {
    let spread = |of: fn(&Round) -> f64| Spread::of(rounds.iter().map(of));
    let ratio = |what: &str, goal: &str, most: f64, of: fn(&Round) -> &Window| {
        let ratio = Spread::of(rounds.iter().map(|round| of(round).cpu_us / round.floor));
        let cpu = Spread::of(rounds.iter().map(|round| of(round).cpu_us));
        let figure = format!("{} ×; {:.2} µs", ratio.text(), cpu.median);
        match goal {
            "" => Row::note(what, ratio.median, figure),
            goal => Row::at_most(what, goal, ratio.median, most, figure),
        }
    };
    let two = spread(|round| round.two.cpu_us / round.whole.cpu_us);
    let loss = rounds
        .iter()
        .map(|round| round.whole.loss.max(round.paced.loss));
    let loss = Spread::of(loss).most;
    vec![
        ratio(
            "server CPU per forwarded packet over sendto, N = 200, frames whole",
            "at most 0.75 ×, stretch 0.6",
            0.75,
            |round| &round.whole,
        ),
        ratio(
            "the same, browser-paced (3 packets every 5 ms)",
            "at most 0.9 ×",
            0.9,
            |round| &round.paced,
        ),
        ratio(
            "the same with feedback, N = 50, frames whole",
            "",
            0.0,
            |round| &round.feedback,
        ),
        Row::note(
            "plain sendto of the same packets",
            spread(|round| round.floor).median,
            format!("{} µs", spread(|round| round.floor).text()),
        ),
        Row::note("loss meanwhile", loss, format!("{:.3} %", loss * 100.0)),
        Row::at_most(
            "two workers: CPU per packet over one worker's",
            "at most 1.11 × (1.8 × the capacity)",
            two.median,
            2.0 / 1.8,
            format!("{} ×", two.text()),
        ),
    ]
}

fn delay_rows(whole: Delays, paced: Delays) -> Vec<Row> {
    let forward = Percentiles::of(whole.forward);
    let paced_forward = Percentiles::of(paced.forward);
    let held = Percentiles::of(paced.held);
    let text = |p: &Percentiles| format!("p50 {:.2} ms, p99 {:.2} ms", p.p50, p.p99);
    let (what, goal) = (
        "forward delay, N = 200, frames whole",
        "p50 at most 3 ms, p99 8 ms",
    );
    let judged = |what: &str, p: &Percentiles| {
        let worst = (p.p50 / 3.0).max(p.p99 / 8.0);
        let mut row = Row::at_most(what, goal, worst, 1.0, text(p));
        row.value = p.p99;
        row
    };
    vec![
        judged(what, &forward),
        judged("the same, browser-paced", &paced_forward),
        Row::at_most(
            "held for batching, browser-paced",
            "p99 at most 5 ms",
            held.p99,
            5.0,
            text(&held),
        ),
    ]
}
