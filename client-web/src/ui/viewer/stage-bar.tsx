// A viewer who was brought on stage: shows camera and microphone without leaving the page or
// making a new connection for what they watch.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { isCameraPossible, openCamera, stopStream } from "../../net/devices";
import type { Publication } from "../../state/publication";
import { CameraIcon, CameraOffIcon, MicrophoneIcon, MicrophoneOffIcon } from "../kit/icons";
import { SelfView } from "../kit/self-view";
import { reasonOf } from "../../state/reason";

export interface StageBarProps {
  camera: Publication;
}

export function StageBar({ camera }: StageBarProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null);
  const [muted, setMuted] = useState({ audio: false, video: false });
  const isOn = camera.state.value !== "off";
  // Sent back to the audience: the bar goes, and so does the picture.
  useEffect(() => () => void camera.stop(), [camera]);
  const show = async (): Promise<void> => {
    let stream: MediaStream | null = null;
    try {
      stream = await openCamera({ camera: null, microphone: null });
      await camera.start(stream);
      setProblem(null);
    } catch (error) {
      stopStream(stream);
      setProblem(reasonOf(error));
    }
  };
  const toggle = (kind: "audio" | "video"): void => {
    const next = { ...muted, [kind]: !muted[kind] };
    camera.setMuted(kind, next[kind]);
    setMuted(next);
  };
  return (
    <section
      class="stage-bar"
      data-testid="stage_bar"
      data-state={camera.state.value}
      aria-label={t("stage_title")}
    >
      {isOn && <SelfView stream={camera.stream.value} />}
      <div class="grow">
        <h2>{t("stage_title")}</h2>
        {!isOn && <p>{isCameraPossible() ? t("stage_hint") : t("insecure_text")}</p>}
        {problem !== null && (
          <p class="problem" role="alert">
            {t("host_device_error", { reason: problem })}
          </p>
        )}
      </div>
      {isOn ? (
        <>
          <button
            class="round quiet"
            aria-pressed={muted.audio}
            aria-label={t("microphone")}
            onClick={() => toggle("audio")}
          >
            {muted.audio ? <MicrophoneOffIcon /> : <MicrophoneIcon />}
          </button>
          <button
            class="round quiet"
            aria-pressed={muted.video}
            aria-label={t("camera")}
            onClick={() => toggle("video")}
          >
            {muted.video ? <CameraOffIcon /> : <CameraIcon />}
          </button>
          <button class="button" data-testid="stage_leave" onClick={() => void camera.stop()}>
            {t("stage_leave")}
          </button>
        </>
      ) : (
        <button
          class="button accent"
          data-testid="stage_join"
          disabled={!isCameraPossible()}
          onClick={() => void show()}
        >
          {t("stage_join")}
        </button>
      )}
    </section>
  );
}
