// The host's own picture, devices, going on air, health, and what the audience reads.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { pageLanguage, t } from "../../i18n";
import {
  chosenDevices,
  isCameraPossible,
  isScreenPossible,
  listDevices,
  openCamera,
  openScreen,
  stopStream,
  type DeviceList,
} from "../../net/devices";
import { languageName } from "../../state/caption-choice";
import type { Publication } from "../../state/publication";
import type { ShowSession } from "../../state/session";
import {
  CameraIcon,
  CameraOffIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  ScreenIcon,
} from "../kit/icons";
import { SelfView } from "../kit/self-view";
import { CaptionsMenu } from "../viewer/captions-menu";
import { Stage } from "../viewer/stage";
import { Subtitles } from "../viewer/subtitles";
import { Health, LackingModels } from "./health";
import { reasonOf } from "../../state/reason";

/** Languages the recogniser is most often asked for; any other is found out by itself. */
const SPEECH_LANGUAGES = [
  "en",
  "pt",
  "es",
  "de",
  "fr",
  "it",
  "zh",
  "ja",
  "ko",
  "ar",
  "hi",
  "ru",
  "tr",
];
const AUTO = "auto";

export interface StudioProps {
  session: ShowSession;
  camera: Publication;
  screen: Publication;
}

export function Studio({ session, camera, screen }: StudioProps): JSX.Element {
  const [preview, setPreview] = useState<MediaStream | null>(null);
  const [devices, setDevices] = useState<DeviceList>({ cameras: [], microphones: [] });
  const [choice, setChoice] = useState<{ camera: string | null; microphone: string | null }>({
    camera: null,
    microphone: null,
  });
  const [muted, setMuted] = useState({ audio: false, video: false });
  const [problem, setProblem] = useState<string | null>(null);
  const isOnAir = camera.state.value !== "off";
  const isLive = session.show.value?.info.phase === "live";
  const stream = camera.stream.value ?? preview;

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
      setProblem(null);
    } catch (error) {
      setProblem(words(error));
    }
  };
  const openPreview = (next = choice): Promise<void> =>
    attempt(async () => {
      const opened = await openCamera(next);
      setDevices(await listDevices());
      setChoice(chosenDevices(opened));
      if (isOnAir) {
        await camera.swap(opened);
      } else {
        stopStream(preview);
        setPreview(opened);
      }
    });
  const choose = (kind: "camera" | "microphone", id: string): void => {
    const next = { ...choice, [kind]: id };
    setChoice(next);
    void openPreview(next);
  };
  const goLive = (): Promise<void> =>
    attempt(async () => {
      if (preview) await camera.start(preview);
      setPreview(null);
      await session.setPhase("live");
    });
  const end = (): Promise<void> =>
    attempt(async () => {
      if (!window.confirm(t("host_end_sure"))) return;
      await session.setPhase("ended");
      await Promise.all([camera.stop(), screen.stop()]);
    });
  const share = (): Promise<void> =>
    attempt(async () => {
      if (screen.state.value === "off") await screen.start(await openScreen());
      else await screen.stop();
    });
  const toggle = (kind: "audio" | "video"): void => {
    const next = { ...muted, [kind]: !muted[kind] };
    for (const track of stream?.getTracks() ?? [])
      if (track.kind === kind) track.enabled = !next[kind];
    setMuted(next);
  };
  // Going on air hands the preview over to the publication; only what is left is let go.
  const left = useRef<MediaStream | null>(null);
  left.current = preview;
  useEffect(() => () => stopStream(left.current), []);

  return (
    <section class="studio panel" data-testid="studio" data-state={camera.state.value}>
      <div class="monitor">
        {stream && <SelfView stream={stream} />}
        <Stage
          session={session}
          isSelfMain={stream !== null}
          isMuted={!isOnAir}
          onMuted={() => undefined}
        />
        {!stream && (session.show.value?.tracks.length ?? 0) === 0 && (
          <div class="monitor-empty">
            <CameraIcon />
            <p>{t("host_preview")}</p>
          </div>
        )}
        <Subtitles session={session} />
        <div class="monitor-tools">
          <CaptionsMenu session={session} />
        </div>
      </div>
      <Health camera={camera} session={session} />
      <div class="studio-actions">
        {stream ? (
          <>
            <Toggle
              label={t("microphone")}
              isOff={muted.audio}
              testid="studio_microphone"
              onClick={() => toggle("audio")}
            >
              {muted.audio ? <MicrophoneOffIcon /> : <MicrophoneIcon />}
            </Toggle>
            <Toggle
              label={t("camera")}
              isOff={muted.video}
              testid="studio_camera"
              onClick={() => toggle("video")}
            >
              {muted.video ? <CameraOffIcon /> : <CameraIcon />}
            </Toggle>
          </>
        ) : (
          <button
            class="button"
            data-testid="studio_preview"
            disabled={!isCameraPossible()}
            onClick={() => void openPreview()}
          >
            <CameraIcon />
            {t("host_camera_on")}
          </button>
        )}
        {isScreenPossible() && (
          <button
            class={screen.state.value === "off" ? "button" : "button is-on"}
            data-testid="studio_screen"
            onClick={() => void share()}
          >
            <ScreenIcon />
            {screen.state.value === "off" ? t("screen") : t("screen_stop")}
          </button>
        )}
        <span class="grow" />
        {(!isLive || (preview !== null && !isOnAir)) && (
          <button
            class="button accent"
            data-testid="studio_live"
            disabled={preview === null && !isOnAir}
            onClick={() => void goLive()}
          >
            {t("host_go_live")}
          </button>
        )}
        {isLive && (
          <button class="button danger" data-testid="studio_end" onClick={() => void end()}>
            {t("host_end")}
          </button>
        )}
      </div>
      {problem !== null && (
        <p class="problem" role="alert" data-testid="studio_problem">
          {problem}
        </p>
      )}
      <div class="studio-devices">
        {devices.cameras.length > 0 && (
          <Picker
            label={t("camera")}
            testid="studio_cameras"
            value={choice.camera ?? ""}
            options={devices.cameras.map(({ deviceId, label }) => [deviceId, label])}
            onChange={(id) => choose("camera", id)}
          />
        )}
        {devices.microphones.length > 0 && (
          <Picker
            label={t("microphone")}
            testid="studio_microphones"
            value={choice.microphone ?? ""}
            options={devices.microphones.map(({ deviceId, label }) => [deviceId, label])}
            onChange={(id) => choose("microphone", id)}
          />
        )}
        <SpeechLanguage session={session} attempt={(act) => void attempt(act)} />
      </div>
      <LackingModels session={session} />
    </section>
  );
}

/** A device that would not open, or a request that was refused. */
function words(error: unknown): string {
  const reason = reasonOf(error);
  const isDevice = error instanceof DOMException;
  return t(isDevice ? "host_device_error" : "error_generic", { reason });
}

interface ToggleProps {
  label: string;
  isOff: boolean;
  testid: string;
  onClick: () => void;
  children: JSX.Element;
}

function Toggle({ label, isOff, testid, onClick, children }: ToggleProps): JSX.Element {
  return (
    <button
      class={isOff ? "round quiet is-off" : "round quiet"}
      aria-label={label}
      aria-pressed={!isOff}
      data-testid={testid}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

interface PickerProps {
  label: string;
  testid: string;
  value: string;
  options: (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Picker({ label, testid, value, options, onChange }: PickerProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value}
        data-testid={testid}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface SpeechLanguageProps {
  session: ShowSession;
  attempt: (act: () => Promise<void>) => void;
}

/** Which language the host speaks: told, or found out by the recogniser. */
function SpeechLanguage({ session, attempt }: SpeechLanguageProps): JSX.Element | null {
  const people = session.show.value?.participants ?? [];
  const me = session.me.value;
  // A show that comes from OBS is spoken by somebody else than this page.
  const speaker =
    people.find(({ id }) => id === me?.id) ?? people.find(({ role }) => role === "host");
  if (!speaker) return null;
  const set = (value: string): void => {
    const language = value === AUTO ? null : value;
    attempt(async () => {
      await session.request({ type: "speech_language", participant: speaker.id, language });
    });
  };
  const found = speaker.speaks;
  const tags =
    found !== null && !SPEECH_LANGUAGES.includes(found)
      ? [found, ...SPEECH_LANGUAGES]
      : SPEECH_LANGUAGES;
  const options = tags.map((tag) => [tag, languageName(tag, pageLanguage.value)] as const);
  return (
    <Picker
      label={t("host_speech")}
      testid="studio_speech"
      value={found ?? AUTO}
      options={[[AUTO, t("host_speech_auto")], ...options]}
      onChange={set}
    />
  );
}
