// The pictures and sounds of a show: one large, guests small beside it. Pictures are always
// muted, so that they may start by themselves; sounds are elements of their own.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { SlotView, TrackView } from "../../net/protocol.gen";
import type { Reception } from "../../state/reception";
import type { ShowSession } from "../../state/session";
import { SoundIcon } from "../kit/icons";
import { Ambient } from "./ambient";
import { useShown } from "./use-shown";

export interface StageProps {
  session: ShowSession;
  isMuted: boolean;
  onMuted: (isMuted: boolean) => void;
  /** One's own picture is the large one: everybody else is a guest. */
  isSelfMain?: boolean;
  /** Told when the main picture turns out to be wide or tall. */
  onShape?: (shape: Shape) => void;
}

export type Shape = "wide" | "tall";

export function Stage({
  session,
  isMuted,
  onMuted,
  onShape,
  isSelfMain = false,
}: StageProps): JSX.Element {
  const reception = session.receptions.current.value;
  const tracks = session.show.value?.tracks ?? [];
  const slots = (reception?.slots ?? []).filter(({ track }) => track !== null);
  const pictures = slots.filter(({ kind }) => kind === "video");
  const sounds = slots.filter(({ kind }) => kind === "audio");
  const main = isSelfMain ? undefined : mainSlot(pictures, tracks);
  const codec = tracks.map(({ id }) => session.undecodable.value.get(id)).find(Boolean);
  return (
    <div class="stage" data-testid="stage">
      {codec && !main && (
        <p class="undecodable" role="status" data-testid="stage_undecodable">
          {t("undecodable", { codec })}
        </p>
      )}
      {reception && main && (
        <>
          <Ambient stream={reception.receiver.stream(main.mid)} />
          <Picture key={main.mid} {...{ session, reception, onShape }} slot={main} isMain />
        </>
      )}
      <div class="guests">
        {reception &&
          pictures
            .filter((slot) => slot !== main)
            .map((slot) => (
              <Picture key={slot.mid} {...{ session, reception, slot }} isMain={false} />
            ))}
      </div>
      {reception &&
        sounds.map((slot) => (
          <Sound
            key={slot.mid}
            reception={reception}
            slot={slot}
            isMuted={isMuted}
            onBlocked={() => onMuted(true)}
          />
        ))}
      {isMuted && sounds.length > 0 && (
        <button class="unmute" data-testid="stage_unmute" onClick={() => onMuted(false)}>
          <span class="chip glass">
            <SoundIcon />
            {t("unmute")}
          </span>
        </button>
      )}
    </div>
  );
}

/** A shared screen is what everybody should look at; else the first camera on air. */
function mainSlot(pictures: SlotView[], tracks: TrackView[]): SlotView | undefined {
  const screens = new Set(tracks.filter(({ source }) => source === "screen").map(({ id }) => id));
  const screen = pictures.find(({ track }) => track !== null && screens.has(track));
  if (screen) return screen;
  const order = new Map(tracks.map(({ id }, index) => [id, index]));
  const rank = ({ track }: SlotView): number => order.get(track ?? "") ?? tracks.length;
  return pictures.toSorted((a, b) => rank(a) - rank(b))[0];
}

interface SlotProps {
  reception: Reception;
  slot: SlotView;
}

interface PictureProps extends SlotProps {
  session: ShowSession;
  isMain: boolean;
  onShape?: ((shape: Shape) => void) | undefined;
}

/** Portrait pictures fill a phone's screen; wide ones are shown whole. */
function Picture({ session, reception, slot, isMain, onShape }: PictureProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [shape, setShape] = useState<Shape>("wide");
  const stream = reception.receiver.stream(slot.mid);
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    // Muted pictures may always start; a play() cut short by a new stream is no failure.
    void video.current.play().catch(() => undefined);
  }, [stream]);
  useShown(video, session, reception, slot.mid);
  const measure = (): void => {
    const { videoWidth = 0, videoHeight = 0 } = video.current ?? {};
    const next = videoHeight > videoWidth ? "tall" : "wide";
    setShape(next);
    onShape?.(next);
  };
  return (
    <video
      ref={video}
      class={isMain ? "picture main" : "picture guest"}
      data-shape={shape}
      data-testid={isMain ? "stage_video" : "stage_guest"}
      muted
      autoplay
      playsInline
      disablePictureInPicture={!isMain}
      onResize={measure}
      onLoadedMetadata={measure}
    />
  );
}

interface SoundProps extends SlotProps {
  isMuted: boolean;
  onBlocked: () => void;
}

function Sound({ reception, slot, isMuted, onBlocked }: SoundProps): JSX.Element {
  const audio = useRef<HTMLAudioElement>(null);
  const stream = reception.receiver.stream(slot.mid);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    element.muted = isMuted;
    element.play().catch((error: unknown) => {
      const isBlocked = error instanceof DOMException && error.name === "NotAllowedError";
      if (isBlocked && !isMuted) onBlocked();
    });
  }, [stream, isMuted]);
  return <audio ref={audio} data-testid="stage_audio" />;
}
