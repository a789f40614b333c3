//! `load flash-sale`: how many durable reservations a node acknowledges in a second, how long a
//! buyer waits when thousands press at once, and how soon all see what the host clicks. Buyers
//! are connected over the WebSocket and order over HTTP, each on a connection of its own.

mod buyers;
mod clicks;
mod sale;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use ::tests::whip;
use anyhow::{Context as _, Result, ensure};

use crate::bench::figures::Figures;
use crate::bench::row::Row;
use crate::measure::{self, Cores, Ticks};
use crate::report::Percentiles;
use crate::target::Target;
use buyers::Crowd;
use sale::Sold;

/// The show of the sale.
const SHOW: &str = "flash-sale";
/// What is sold: enough for every run.
const PIECES: u32 = 50_000_000;
/// Below so many `fdatasync` a second the disk, not the server, is the limit: then the goal is
/// [`PER_SYNC`] reservations for each.
const SLOW_DISK: f64 = 500.0;
const PER_SYNC: f64 = 10.0;
/// How long the disk's pace is measured.
const DISK: Duration = Duration::from_secs(1);

/// Arguments of `load flash-sale`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Connected buyers
    #[arg(long, default_value_t = 2_000)]
    buyers: usize,
    /// Buyers that order at the same time in the closed loop
    #[arg(long, default_value_t = 256)]
    in_flight: usize,
    /// Orders a second in the open loop
    #[arg(long, default_value_t = 2_500.0)]
    rate: f64,
    /// Seconds of each measurement, after two that do not count
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Clicks of the host of each kind, in each situation
    #[arg(long, default_value_t = 20)]
    clicks: u32,
    /// Database of the server started here, e.g. postgres://…; default: SQLite
    #[arg(long)]
    database: Option<String>,
    /// Server to load (plain HTTP); without it one is started on a fresh database
    #[arg(long, requires = "token")]
    server: Option<String>,
    /// Host token of the show `flash-sale` on that server, which has no rate limit
    #[arg(long)]
    token: Option<String>,
    /// Process id of that server, when it is on this machine
    #[arg(long)]
    pid: Option<u32>,
    /// Exit with 1 when a goal is missed
    #[arg(long)]
    strict: bool,
    /// Write the rows here as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Prints the table; with `--strict`, whether all goals are met.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let before = Ticks::now();
    let target = target(args)?;
    // One thread: what the generator takes is taken from the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(measure(args, &target))?;
    let all_met = Figures::new(before, rows).publish(args.json.as_deref())?;
    Ok(!args.strict || all_met)
}

fn target(args: &Args) -> Result<Target> {
    if let Some(url) = &args.server {
        let url = url.trim_end_matches('/').to_owned();
        return Ok(Target::given(url, args.token.clone(), args.pid));
    }
    let database = args.database.iter();
    let extra: Vec<&str> = database
        .flat_map(|url| ["--database", url.as_str()])
        .collect();
    Target::start(SHOW, &Cores::shared()?, 1, &extra)
}

async fn measure(args: &Args, target: &Target) -> Result<Vec<Row>> {
    let disk = measure::fdatasync_per_s(&std::env::temp_dir(), DISK)?;
    let time = Duration::from_secs(args.seconds);
    let host = target.host(SHOW).context("a host's token is needed")?;
    let http = whip::client()?;
    sale::stock(&http, &target.url, &host).await?;
    let mut crowd = Crowd::come(&http, &target.url, args.buyers).await?;
    eprintln!("load: {} buyers are there", crowd.len());

    let mut clicks =
        clicks::Host::come(&http, &target.url, &host, (crowd.ears(), crowd.len())).await?;
    let calm = clicks.click(args.clicks).await?;
    eprintln!("load: closed loop");
    let (closed, cores) = watched(target, sale::closed(&mut crowd, args.in_flight, time)).await?;
    eprintln!("load: open loop");
    let open = sale::open(&mut crowd, args.rate, time);
    let open = async { tokio::try_join!(open, clicks.click(args.clicks)) };
    let ((open, busy), open_cores) = watched(target, open).await?;
    ensure!(
        !closed.waits.is_empty() && !open.waits.is_empty(),
        "nothing was sold: {closed:?}"
    );

    let mut rows = vec![Row::note(
        "fdatasync of 4 KiB",
        disk,
        format!("{disk:.0}/s"),
    )];
    rows.extend(closed_rows(args, &closed, disk));
    rows.extend(open_rows(args, &open));
    rows.extend(calm.rows("nothing else", crowd.len()));
    rows.extend(busy.rows(&format!("{:.0} orders/s", args.rate), crowd.len()));
    let lost = crowd.lost();
    rows.push(Row::at_most(
        "buyers whose socket the server closed",
        "none",
        lost as f64,
        0.0,
        lost.to_string(),
    ));
    rows.push(cores.row("closed"));
    rows.push(open_cores.row("open"));
    Ok(rows)
}

fn closed_rows(args: &Args, sold: &Sold, disk: f64) -> Vec<Row> {
    let per_s = sold.per_s();
    let is_postgres = args.database.as_deref().is_some_and(is_postgres);
    let fast: f64 = if is_postgres { 2_000.0 } else { 5_000.0 };
    let (least, goal) = if disk < SLOW_DISK {
        let least = fast.min(PER_SYNC * disk);
        (least, format!("at least {least:.0}/s: ten times the disk"))
    } else {
        (fast, format!("at least {fast:.0}/s"))
    };
    let what = "durable reservations, closed loop";
    vec![
        Row::at_least(what, &goal, per_s, least, format!("{per_s:.0}/s")),
        Row::note(
            &format!(
                "the same, {} at a time: from request to answer",
                args.in_flight
            ),
            Percentiles::of(sold.waits.iter().copied()).p99,
            three(&sold.waits),
        ),
        refused_row("refused in the closed loop", sold),
    ]
}

fn open_rows(args: &Args, sold: &Sold) -> Vec<Row> {
    let what = format!(
        "reservation, open loop of {:.0}/s from {} buyers: from the intended moment to the answer",
        args.rate, args.buyers
    );
    let p99 = Percentiles::of(sold.waits.iter().copied()).p99;
    vec![
        Row::at_most(&what, "p99 at most 100 ms", p99, 100.0, three(&sold.waits)),
        Row::note("reached", sold.per_s(), format!("{:.0}/s", sold.per_s())),
        refused_row("refused in the open loop", sold),
    ]
}

fn refused_row(what: &str, sold: &Sold) -> Row {
    let refused = sold.refused.values().sum::<u64>();
    let figure = if refused == 0 {
        "0".to_owned()
    } else {
        format!("{refused}: {:?}", sold.refused)
    };
    Row::at_most(what, "none", refused as f64, 0.0, figure)
}

fn is_postgres(database: &str) -> bool {
    database.starts_with("postgres")
}

/// Median, 95 and 99 of a hundred.
fn three(waits: &[Duration]) -> String {
    let Percentiles { p50, p95, p99 } = Percentiles::of(waits.iter().copied());
    format!("p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms")
}

/// Cores that server and generator used while something was measured.
struct Share {
    server: Option<f64>,
    generator: f64,
}

impl Share {
    fn row(&self, which: &str) -> Row {
        let server = self
            .server
            .map_or("not known".to_owned(), |cores| format!("{cores:.2}"));
        let what = format!("cores used in the {which} loop: server, generator");
        Row::note(
            &what,
            self.generator,
            format!("{server}, {:.2}", self.generator),
        )
    }
}

/// Runs a measurement and says what it cost, warm-up included.
async fn watched<T>(target: &Target, work: impl Future<Output = Result<T>>) -> Result<(T, Share)> {
    let moment = || anyhow::Ok((target.usage()?, measure::cpu_time(std::process::id())?));
    let (begin, start) = (moment()?, ::tests::wait::now());
    let done = work.await?;
    let (end, seconds) = (moment()?, start.elapsed().as_secs_f64());
    let server = begin.0.zip(end.0);
    let used = |begin: Duration, end: Duration| end.saturating_sub(begin).as_secs_f64() / seconds;
    let share = Share {
        server: server.map(|(begin, end)| used(begin.cpu, end.cpu)),
        generator: used(begin.1, end.1),
    };
    Ok((done, share))
}
