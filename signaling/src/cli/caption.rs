//! `vitrine caption`: an audio file through the same pipeline as a live stream.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use translate::file::{AudioFile, Pace, Settings, Subtitles, cues};
use translate::{Caption, CaptionKind, Language, Loaded, Output};

/// Arguments of `vitrine caption`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Audio file: wav, flac, ogg, opus, mp3, m4a, webm …
    file: PathBuf,
    /// Spoken language, or `auto` to find it
    #[arg(long, default_value = "auto", value_name = "TAG")]
    language: String,
    /// Languages to translate to
    #[arg(long, value_name = "TAG,TAG", value_delimiter = ',')]
    to: Vec<String>,
    /// What to write on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Feed the file as fast as it would be spoken
    #[arg(long)]
    realtime: bool,
    /// Model directory [default: $VITRINE_MODELS, else the XDG cache]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// WebVTT
    Vtt,
    /// SubRip
    Srt,
    /// Every partial and final as one object a line
    Json,
    /// Final lines
    Text,
}

/// Runs `vitrine caption`.
///
/// # Errors
/// When the file cannot be read, the models are missing, or a language is out of reach.
pub fn run(args: Args) -> anyhow::Result<()> {
    let targets: BTreeSet<Language> = args.to.iter().map(|tag| Language(tag.clone())).collect();
    let subtitles = matches!(args.format, Format::Vtt | Format::Srt);
    ensure!(
        !subtitles || targets.len() <= 1,
        "a subtitle file holds one language: name one with --to, or choose another --format"
    );
    let file = AudioFile::open(&args.file)?;
    let loaded = Loaded::load(args.models.as_deref())?;
    let language = Some(args.language)
        .filter(|tag| tag != "auto")
        .map(Language);
    check_languages(&loaded, language.as_ref(), &targets)?;
    let pace = if args.realtime {
        Pace::RealTime
    } else {
        Pace::Virtual
    };
    let engines = loaded.engines()?;
    let settings = Settings {
        language,
        targets: targets.clone(),
        glossary: Arc::default(),
        pace,
    };
    let bar = progress_bar(file.length_ms());
    let mut writer = Writer {
        format: args.format,
        targets,
        lines: Vec::new(),
        failed: None,
    };
    let (each, fed) = (|output| writer.take(output), |ms| bar.set_position(ms));
    translate::file::caption(file, engines, loaded.routes(), &settings, each, fed)
        .with_context(|| format!("captions of `{}` end early", args.file.display()))?;
    bar.finish_and_clear();
    writer.finish()
}

/// A wrong language is a mistake of the caller, better told before the work than after.
fn check_languages(
    loaded: &Loaded,
    spoken: Option<&Language>,
    targets: &BTreeSet<Language>,
) -> anyhow::Result<()> {
    if let Some(spoken) = spoken {
        ensure!(
            loaded.hears(spoken),
            "the installed model does not hear `{}`",
            spoken.0
        );
    }
    let reached = loaded.languages(spoken);
    for target in targets {
        // What will be spoken is not known with `auto`: it may be the target itself.
        let own = spoken.map_or_else(|| loaded.hears(target), |spoken| spoken == target);
        if !own && !reached.contains(target) {
            let reached: Vec<&str> = reached.iter().map(|language| language.0.as_str()).collect();
            let from = spoken.map_or("any language", |spoken| &spoken.0);
            bail!(
                "no model leads from {from} to `{}`; there is: {}",
                target.0,
                reached.join(", ")
            );
        }
    }
    Ok(())
}

fn progress_bar(length_ms: Option<u64>) -> ProgressBar {
    /// Shorter files are done before a bar is read.
    const LONG_MS: u64 = 10_000;
    let Some(length_ms) = length_ms.filter(|ms| *ms > LONG_MS && io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    let template = "{wide_bar} {percent} % {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is fixed");
    ProgressBar::new(length_ms).with_style(style)
}

/// Writes captions to stdout in the chosen form.
struct Writer {
    format: Format,
    targets: BTreeSet<Language>,
    /// Finals for a subtitle file, which is sorted by time.
    lines: Vec<(u64, u64, String)>,
    failed: Option<io::Error>,
}

impl Writer {
    fn take(&mut self, output: Output) {
        match output {
            Output::Caption { caption, .. } => {
                let written = self.write(&caption);
                if let Err(error) = written {
                    self.failed.get_or_insert(error);
                }
            }
            Output::Gap {
                start_ms, end_ms, ..
            } => {
                tracing::warn!(start_ms, end_ms, "speech without a caption");
            }
            Output::Spoken { language, .. } => tracing::info!(language = language.0, "spoken"),
        }
    }

    fn write(&mut self, caption: &Caption) -> io::Result<()> {
        let is_final = caption.kind == CaptionKind::Final;
        let chosen = self.targets.is_empty() || self.targets.contains(&caption.language);
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => {
                serde_json::to_writer(&mut out, caption)?;
                writeln!(out)
            }
            Format::Text if is_final && chosen => match self.targets.len() {
                0 | 1 => writeln!(out, "{}", caption.text),
                _ => writeln!(out, "[{}] {}", caption.language.0, caption.text),
            },
            Format::Vtt | Format::Srt if is_final && chosen => {
                self.lines
                    .push((caption.start_ms, caption.end_ms, caption.text.clone()));
                Ok(())
            }
            Format::Text | Format::Vtt | Format::Srt => Ok(()),
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        if let Some(error) = self.failed {
            // A reader that has seen enough, such as `head`, is no mistake.
            if error.kind() == io::ErrorKind::BrokenPipe {
                return Ok(());
            }
            return Err(error).context("cannot write the captions");
        }
        let text = match self.format {
            Format::Vtt => cues(Subtitles::WebVtt, &self.lines),
            Format::Srt => cues(Subtitles::SubRip, &self.lines),
            Format::Json | Format::Text => return Ok(()),
        };
        io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .context("cannot write the captions")
    }
}
