// The menu of subtitle languages, each with what may be expected of it, and the word to a viewer
// whose language is not among them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { pageLanguage, t } from "../../i18n";
import type { MessageKey } from "../../i18n";
import type { LanguagePair, PairQuality } from "../../net/protocol.gen";
import { canDelay } from "../../net/rtc";
import { bestQuality, languageName } from "../../state/caption-choice";
import type { ShowSession } from "../../state/session";
import { CaptionsIcon } from "../kit/icons";
import { later } from "../kit/later";
import { Menu, type MenuAction } from "../kit/menu";

const CaptionLookSheet = later(async () => (await import("./caption-look")).CaptionLookSheet);

const OFF = "off";
/** Long enough to be read twice. */
const MISSED_MS = 12_000;

const NOTES: Record<PairQuality, MessageKey | null> = {
  spoken: null,
  neural: "captions_neural",
  speech: "captions_speech",
  gist: "captions_gist",
};

/** Subtitle languages of this show, and off. */
export function CaptionsMenu({ session }: { session: ShowSession }): JSX.Element {
  const { languages = [], pairs = [] } = session.show.value ?? {};
  const language = session.captionLanguage.value;
  const choices = languages.map((tag) => {
    const own = languageName(tag, tag);
    const note = [languageName(tag, pageLanguage.value), noteOf(tag, pairs)]
      .filter((part) => part !== own && part !== null)
      .join(" · ");
    return { value: tag, label: own, lang: tag, ...(note === "" ? {} : { note }) };
  });
  const isTranslated = languages.some((tag) => noteOf(tag, pairs) !== null);
  const transcript: MenuAction = {
    name: "transcript",
    label: t("transcript"),
    onChoose: () => (session.isTranscriptOpen.value = true),
  };
  const [isLookOpen, setLookOpen] = useState(false);
  const look: MenuAction = { name: "look", label: t("look"), onChoose: () => setLookOpen(true) };
  const isSynced = session.isSynced.value;
  const sync: MenuAction = {
    name: "sync",
    label: t("captions_sync"),
    isOn: isSynced,
    onChoose: () => session.setSynced(!isSynced),
  };
  return (
    <>
      <Menu
        label={t("captions")}
        testid="captions_menu"
        choices={languages.length > 0 ? [{ value: OFF, label: t("captions_off") }, ...choices] : []}
        empty={t("captions_none")}
        actions={
          language === null ? [transcript] : [...(canDelay() ? [sync] : []), look, transcript]
        }
        {...(isTranslated ? { footnote: t("captions_machine") } : {})}
        value={language ?? OFF}
        onChoose={(value) => session.setCaptionLanguage(value === OFF ? null : value)}
        buttonClass={language === null ? "round glass" : "round glass is-on"}
      >
        <CaptionsIcon />
        {language !== null && <span class="tag">{language.split("-")[0]}</span>}
      </Menu>
      {isLookOpen && <CaptionLookSheet onClose={() => setLookOpen(false)} />}
    </>
  );
}

/** What may be expected of a language; nothing of one that is spoken here. */
function noteOf(tag: string, pairs: readonly LanguagePair[]): string | null {
  const quality = bestQuality(tag, pairs);
  const note = quality === null ? null : NOTES[quality];
  return note === null ? null : t(note);
}

/** Says that the original is shown because there is no good translation. */
export function MissedLanguage({ session }: { session: ShowSession }): JSX.Element | null {
  const missed = session.missedLanguage.value;
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    setOver(false);
    const timer = setTimeout(() => setOver(true), MISSED_MS);
    return () => clearTimeout(timer);
  }, [missed]);
  if (missed === null || isOver) return null;
  return (
    <p class="missed-language" role="status" data-testid="captions_missed">
      {t("captions_missed", { language: languageName(missed, pageLanguage.value) })}
    </p>
  );
}
