//! A line of the table: what was measured, its goal, the figure, and whether it is met.

use serde::Serialize;

/// One line.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// What was measured.
    pub what: String,
    /// The goal in words; empty for what is only reported.
    pub goal: String,
    /// The figure in words, with its spread.
    pub figure: String,
    /// The figure that is compared.
    pub value: f64,
    /// Whether it meets the goal; `None`: there is none.
    pub met: Option<bool>,
}

impl Row {
    /// `value` must not exceed `most`.
    pub(crate) fn at_most(what: &str, goal: &str, value: f64, most: f64, figure: String) -> Row {
        Row {
            what: what.into(),
            goal: goal.into(),
            figure,
            value,
            met: Some(value <= most),
        }
    }

    /// `value` must reach `least`.
    pub(crate) fn at_least(what: &str, goal: &str, value: f64, least: f64, figure: String) -> Row {
        Row {
            met: Some(value >= least),
            ..Row::at_most(what, goal, value, least, figure)
        }
    }

    /// Reported, not judged.
    pub(crate) fn note(what: &str, value: f64, figure: String) -> Row {
        Row {
            what: what.into(),
            goal: String::new(),
            figure,
            value,
            met: None,
        }
    }
}

/// A Markdown table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = "| | goal | measured | |\n|---|---|---|---|\n".to_owned();
    for row in rows {
        let verdict = match row.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        table += &format!(
            "| {} | {} | {} | {verdict} |\n",
            row.what, row.goal, row.figure
        );
    }
    table
}

/// Median, least and greatest of some figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// Median; of an even number the upper one.
    pub median: f64,
    /// Least.
    pub least: f64,
    /// Greatest.
    pub most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Spread {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        Spread {
            median: figures[figures.len() / 2],
            least: figures[0],
            most: figures[figures.len() - 1],
        }
    }

    /// As `1.23 (1.10–1.40)`.
    pub(crate) fn text(&self) -> String {
        format!("{:.2} ({:.2}–{:.2})", self.median, self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged_on_their_side() {
        let met = |row: Row| row.met;
        assert_eq!(
            met(Row::at_most("", "", 0.7, 0.75, String::new())),
            Some(true)
        );
        assert_eq!(
            met(Row::at_least("", "", 0.7, 0.75, String::new())),
            Some(false)
        );
        assert_eq!(met(Row::note("", 1.0, String::new())), None);
        assert_eq!(Spread::of([3.0, 1.0, 2.0]).text(), "2.00 (1.00–3.00)");
    }
}
