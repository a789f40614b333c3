//! What was measured, as JSON for machines and a table for people, and the verdict.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::scenario::Budget;

/// A run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// Scenario.
    pub scenario: String,
    /// Seconds measured with everybody there.
    pub hold_s: f64,
    /// Viewers that came.
    pub viewers: u64,
    /// Viewers whose pictures were real: ICE, DTLS, and packets that authenticated.
    pub joined: u64,
    /// From POST to the first packet.
    pub join_ms: Percentiles,
    /// Packets the viewers should have got.
    pub packets_expected: u64,
    /// Packets they got.
    pub packets_received: u64,
    /// Share that is missing.
    pub loss_ratio: f64,
    /// Of the missing ones, those that reached this machine and were not read in time: a busy
    /// generator, not the server, lost them. They count as lost all the same.
    pub generator_dropped: u64,
    /// Packets a second to all viewers while everybody was there.
    pub packets_per_s: f64,
    /// All CPU time of the server over packets delivered, receiving and shop included. Not known
    /// without the server's process id.
    pub server_cpu_us_per_packet: Option<f64>,
    /// One plain `sendto` of the same sizes to the same sockets from the same core.
    pub sendto_floor_us: Option<f64>,
    /// The one over the other.
    pub cpu_over_floor: Option<f64>,
    /// Cores of CPU the server used.
    pub server_cores: Option<f64>,
    /// Growth of the server's memory for each viewer that joined.
    pub server_rss_bytes_per_viewer: Option<i64>,
    /// Subtitles by language, when they were read.
    pub captions: Vec<CaptionReport>,
    /// Orders confirmed.
    pub orders: u64,
    /// From tap to confirmation.
    pub order_ms: Percentiles,
    /// Budgets of the scenario.
    pub budget: Budget,
    /// Budgets that were broken; empty: passed.
    pub broken: Vec<String>,
}

/// What readers of one language saw, all shows together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CaptionReport {
    /// The language.
    pub language: String,
    /// Lines that stay.
    pub lines: usize,
    /// From the end of a line's speech to the line that stays.
    pub lag_ms: Percentiles,
    /// Lines that may still have changed.
    pub partials: usize,
    /// From the end of the speech so far to such a line.
    pub shown_ms: Percentiles,
    /// Words in lines over words said; only for the language spoken.
    pub captioned_ratio: Option<f64>,
    /// Seconds of speech that were given up.
    pub gap_s: f64,
}

/// The usual three, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Percentiles {
    /// Median.
    pub p50: f64,
    /// Nineteen of twenty.
    pub p95: f64,
    /// All but one in a hundred.
    pub p99: f64,
}

impl Percentiles {
    /// Of some durations; zeros of none.
    pub(crate) fn of(durations: impl IntoIterator<Item = Duration>) -> Percentiles {
        let mut histogram = Histogram::<u64>::new(3).expect("three digits are supported");
        for duration in durations {
            let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            // The histogram grows with what it is given; only memory could run out.
            histogram.record(micros).expect("a duration fits");
        }
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Percentiles {
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
        }
    }
}

impl Report {
    /// Judges the run by its budgets.
    pub(crate) fn judge(&mut self) {
        let budget = &self.budget;
        let joined = self.joined as f64 / self.viewers.max(1) as f64;
        let mut broken = Vec::new();
        let mut at_most = |name: &str, value: Option<f64>, limit: Option<f64>| {
            if let (Some(value), Some(limit)) = (value, limit)
                && value > limit
            {
                broken.push(format!("{name} is {value:.4}, at most {limit} is allowed"));
            }
        };
        at_most("loss_ratio", Some(self.loss_ratio), budget.loss_ratio);
        at_most("join_ms.p95", Some(self.join_ms.p95), budget.join_ms_p95);
        at_most("order_ms.p95", Some(self.order_ms.p95), budget.order_ms_p95);
        at_most("cpu_over_floor", self.cpu_over_floor, budget.cpu_over_floor);
        for read in &self.captions {
            let name = format!("captions.{}.lag_ms.p95", read.language);
            // Who read nothing waited for ever.
            let lag = if read.lines > 0 {
                read.lag_ms.p95
            } else {
                f64::INFINITY
            };
            at_most(&name, Some(lag), budget.caption_lag_ms_p95);
        }
        for read in &self.captions {
            if let (Some(ratio), Some(least)) = (read.captioned_ratio, budget.captioned_ratio)
                && ratio < least
            {
                broken.push(format!(
                    "captioned_ratio is {ratio:.3}, at least {least} is asked for"
                ));
            }
        }
        if budget.joined_ratio.is_some_and(|least| joined < least) {
            broken.push(format!(
                "only {} of {} viewers joined",
                self.joined, self.viewers
            ));
        }
        self.broken = broken;
    }

    /// A table in Markdown.
    pub(crate) fn table(&self) -> String {
        let some = |value: Option<f64>, unit: &str| {
            value.map_or("not measured".to_owned(), |value| {
                format!("{value:.2}{unit}")
            })
        };
        let three = |p: Percentiles| format!("{:.0} / {:.0} / {:.0} ms", p.p50, p.p95, p.p99);
        let rss = self
            .server_rss_bytes_per_viewer
            .map(|bytes| bytes as f64 / 1024.0);
        let rows = [
            (
                "viewers joined",
                format!("{} of {}", self.joined, self.viewers),
            ),
            ("join, p50 / p95 / p99", three(self.join_ms)),
            (
                "packets",
                format!("{} of {}", self.packets_received, self.packets_expected),
            ),
            ("loss", format!("{:.4} %", self.loss_ratio * 100.0)),
            ("lost by the generator", self.generator_dropped.to_string()),
            ("packets per second", format!("{:.0}", self.packets_per_s)),
            (
                "server CPU per packet",
                some(self.server_cpu_us_per_packet, " µs"),
            ),
            ("plain sendto", some(self.sendto_floor_us, " µs")),
            ("ratio", some(self.cpu_over_floor, "")),
            ("server cores", some(self.server_cores, "")),
            ("server memory per viewer", some(rss, " KiB")),
            ("orders confirmed", self.orders.to_string()),
            ("order, p50 / p95 / p99", three(self.order_ms)),
        ];
        let mut table = format!("| {} | |\n|---|---|\n", self.scenario);
        for (name, value) in rows {
            table.push_str(&format!("| {name} | {value} |\n"));
        }
        for read in &self.captions {
            let (language, lag, shown) = (&read.language, read.lag_ms, read.shown_ms);
            let said = read.captioned_ratio.map_or(String::new(), |ratio| {
                format!(", {:.0} % of the words", 100.0 * ratio)
            });
            table.push_str(&format!(
                "| captions in {language}, p50 / p95 / p99 | {} ({} lines{said}, {:.1} s given up) |\n\
                 | shown before in {language}, p50 / p95 / p99 | {} ({} times) |\n",
                three(lag),
                read.lines,
                read.gap_s,
                three(shown),
                read.partials,
            ));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred() {
        let p = Percentiles::of((1..=100).map(Duration::from_millis));
        assert!(
            (p.p50 - 50.0).abs() < 0.1 && (p.p99 - 99.0).abs() < 0.2,
            "{p:?}"
        );
        assert!(Percentiles::of([]).p99.abs() < f64::EPSILON);
    }
}
