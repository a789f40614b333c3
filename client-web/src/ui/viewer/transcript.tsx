// What was said so far, or in a show that is over: original and translation side by side, with a
// search and the files to take home.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { direction, pageLanguage, t } from "../../i18n";
import * as api from "../../net/api";
import type { Transcript, TranscriptLine } from "../../net/protocol.gen";
import { languageName } from "../../state/caption-choice";
import type { ShowSession } from "../../state/session";
import { pieces, search, stamp } from "../../state/transcript";
import { Sheet } from "../kit/dialog";
import { saveFile } from "../kit/save";
import { reasonOf } from "../../state/reason";

/** How often new lines are looked for while the show is on. */
const AGAIN_MS = 5_000;
const FORMATS = ["vtt", "srt", "json"] as const;

export function TranscriptSheet({ session }: { session: ShowSession }): JSX.Element | null {
  if (!session.isTranscriptOpen.value) return null;
  const close = (): void => {
    session.isTranscriptOpen.value = false;
  };
  return (
    <Sheet title={t("transcript")} testid="transcript" onClose={close}>
      <TranscriptPanel session={session} />
    </Sheet>
  );
}

function TranscriptPanel({ session }: { session: ShowSession }): JSX.Element {
  const show = session.show.value?.info.name ?? "";
  const [chosen, setChosen] = useState(session.captionLanguage.value ?? pageLanguage.value);
  const [sought, setSought] = useState("");
  const [transcript, problem] = useTranscript(session, show, chosen);
  const lines = transcript ? search(transcript, sought) : [];
  const tags = [...new Set([chosen, ...(transcript?.languages ?? [])])].sort();
  return (
    <div class="transcript" data-testid="transcript_panel">
      <div class="transcript-head">
        <input
          type="search"
          value={sought}
          placeholder={t("transcript_search")}
          aria-label={t("transcript_search")}
          data-testid="transcript_search"
          onInput={(event) => setSought(event.currentTarget.value)}
        />
        <select
          value={chosen}
          aria-label={t("captions")}
          data-testid="transcript_language"
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {tags.map((tag) => (
            <option key={tag} value={tag}>
              {languageName(tag, pageLanguage.value)}
            </option>
          ))}
        </select>
      </div>
      <p class="visually-hidden" role="status">
        {sought.trim() !== "" && t("transcript_found", { n: lines.length })}
      </p>
      {problem !== null && <p class="problem">{t("error_generic", { reason: problem })}</p>}
      {transcript && lines.length === 0 && (
        <p class="muted" data-testid="transcript_empty">
          {t(sought.trim() === "" ? "transcript_empty" : "transcript_not_found")}
        </p>
      )}
      <ol class="transcript-lines" data-testid="transcript_lines">
        {lines.map((line, i) => (
          <Line
            key={line.id}
            line={line}
            language={transcript?.language ?? chosen}
            sought={sought}
            isNewSpeaker={line.speaker !== lines[i - 1]?.speaker}
          />
        ))}
      </ol>
      <Downloads show={show} language={chosen} token={session.grant.token} />
    </div>
  );
}

/** The transcript in a language, kept up to date while the show is on; or why there is none. */
function useTranscript(
  session: ShowSession,
  show: string,
  language: string,
): [Transcript | null, string | null] {
  const [transcript, setTranscript] = useState<Transcript | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isOver = session.show.value?.info.phase === "ended";
  useEffect(() => {
    let isWanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        const loaded = await api.transcript(show, language, session.grant.token);
        if (!isWanted) return;
        setTranscript(loaded);
        setProblem(null);
      } catch (error) {
        if (isWanted) setProblem(reasonOf(error));
      }
      if (isWanted && !isOver) timer = setTimeout(() => void load(), AGAIN_MS);
    };
    void load();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [show, language, isOver]);
  return [transcript, problem];
}

interface LineProps {
  line: TranscriptLine;
  language: string;
  sought: string;
  isNewSpeaker: boolean;
}

function Line({ line, language, sought, isNewSpeaker }: LineProps): JSX.Element {
  return (
    <li data-testid="transcript_line">
      <span class="transcript-when">
        <time>{stamp(line.start_ms)}</time>
        {isNewSpeaker && line.speaker !== "" && <b>{line.speaker}</b>}
      </span>
      <p lang={line.spoken} dir={direction(line.spoken)}>
        <Sought text={line.text} sought={sought} />
      </p>
      {line.translation !== null && (
        <p class="translation" lang={language} dir={direction(language)}>
          <Sought text={line.translation} sought={sought} />
        </p>
      )}
    </li>
  );
}

function Sought({ text, sought }: { text: string; sought: string }): JSX.Element {
  return (
    <>
      {pieces(text, sought).map((piece) =>
        piece.isSought ? <mark>{piece.text}</mark> : piece.text,
      )}
    </>
  );
}

interface DownloadsProps {
  show: string;
  language: string;
  token: string | null;
}

function Downloads({ show, language, token }: DownloadsProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (format: string): Promise<void> => {
    try {
      const file = await api.transcriptFile(show, language, format, token);
      saveFile(file, `${show}.${language}.${format}`);
      setProblem(null);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <footer class="transcript-files">
      <span class="muted">{t("transcript_download")}</span>
      {FORMATS.map((format) => (
        <button
          key={format}
          class="button"
          data-testid={`transcript_${format}`}
          onClick={() => void save(format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      {problem !== null && (
        <p class="problem" role="alert">
          {t("error_generic", { reason: problem })}
        </p>
      )}
    </footer>
  );
}
