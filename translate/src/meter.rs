//! What operators see of captions: how long work waits and runs, how late lines come, what is
//! lost. Recorded through the `metrics` facade; the process that embeds this renders it.

use metrics::{counter, gauge, histogram};

use crate::pipeline::{Job, Kind, Work};
use crate::{Caption, CaptionKind, Output};

const SAMPLES_PER_SECOND: f64 = 16_000.0;

/// A thread begins a job: how long it had been due.
pub(crate) fn started(job: &Job) {
    histogram!("vitrine_captions_wait_seconds", "work" => job.kind.name())
        .record(seconds(job.waited_ms));
}

/// A job came back: how long it ran, and the audio of a decode. The quotient of the two sums is
/// the real-time factor.
pub(crate) fn ran(kind: Kind, work: &Work, ran_ms: u64) {
    histogram!("vitrine_captions_work_seconds", "work" => kind.name()).record(seconds(ran_ms));
    if let Work::Recognize { audio, .. } = work {
        histogram!("vitrine_captions_audio_seconds", "work" => kind.name())
            .record(audio.len() as f64 / SAMPLES_PER_SECOND);
    }
}

/// The time between two partials of a speaker now; zero: none until the queue is shorter.
pub(crate) fn step(step_ms: Option<u64>) {
    gauge!("vitrine_captions_step_seconds").set(seconds(step_ms.unwrap_or(0)));
}

/// Something is handed to the reader: the lag of a line behind its speech, or speech not captioned.
pub(crate) fn emitted(output: &Output) {
    match output {
        Output::Caption {
            spoken, caption, ..
        } if !caption.text.is_empty() && !caption.recalled => {
            let Caption {
                kind,
                end_ms,
                emitted_ms,
                ..
            } = caption;
            let line = match (kind, *spoken == caption.language) {
                (CaptionKind::Partial, true) => "partial",
                (CaptionKind::Final, true) => "final",
                (CaptionKind::Partial, false) => "translated_partial",
                (CaptionKind::Final, false) => "translated_final",
            };
            histogram!("vitrine_captions_lag_seconds", "line" => line)
                .record(seconds(emitted_ms.saturating_sub(*end_ms)));
        }
        Output::Gap {
            start_ms, end_ms, ..
        } => histogram!("vitrine_captions_gap_seconds")
            .record(seconds(end_ms.saturating_sub(*start_ms))),
        Output::Caption { .. } | Output::Spoken { .. } => {}
    }
}

/// A queue was full: `packet` of audio, or a `partial` or `final` line nobody took.
pub(crate) fn dropped(what: &'static str) {
    counter!("vitrine_captions_dropped_total", "what" => what).increment(1);
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use std::sync::Arc;

    use super::{dropped, emitted, ran, started, step};
    use crate::pipeline::{Job, JobId, Kind, Work};
    use crate::ports::Task;
    use crate::{Caption, CaptionId, CaptionKind, Language, Output, SpeakerId};

    fn line(kind: CaptionKind, spoken: &str, language: &str) -> Output {
        let caption = Caption {
            kind,
            id: CaptionId(1),
            language: Language(language.to_owned()),
            text: "A lamp".to_owned(),
            stable: 0,
            kept: false,
            start_ms: 1_000,
            end_ms: 2_000,
            emitted_ms: 3_500,
            recalled: false,
        };
        Output::Caption {
            speaker: SpeakerId(1),
            spoken: Language(spoken.to_owned()),
            caption,
        }
    }

    #[test]
    fn waits_times_lags_and_losses_are_rendered() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let job = Job {
            id: JobId(1),
            kind: Kind::Final,
            deadline_ms: 0,
            waited_ms: 250,
            work: Work::Recognize {
                audio: vec![0.0; 32_000].into(),
                language: None,
                check: false,
                task: Task::Transcribe,
                given: Vec::new(),
                glossary: Arc::default(),
            },
        };
        metrics::with_local_recorder(&recorder, || {
            started(&job);
            ran(job.kind, &job.work, 400);
            step(None);
            emitted(&line(CaptionKind::Partial, "en", "en"));
            emitted(&line(CaptionKind::Final, "en", "pt"));
            emitted(&Output::Gap {
                speaker: SpeakerId(1),
                start_ms: 1_000,
                end_ms: 1_500,
            });
            dropped("packet");
        });
        let text = recorder.handle().render();
        for line in [
            "vitrine_captions_wait_seconds_sum{work=\"final\"} 0.25",
            "vitrine_captions_work_seconds_sum{work=\"final\"} 0.4",
            "vitrine_captions_audio_seconds_sum{work=\"final\"} 2",
            "vitrine_captions_step_seconds 0",
            "vitrine_captions_lag_seconds_sum{line=\"partial\"} 1.5",
            "vitrine_captions_lag_seconds_count{line=\"translated_final\"} 1",
            "vitrine_captions_gap_seconds_sum 0.5",
            "vitrine_captions_dropped_total{what=\"packet\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
