// Our own icons: 24-unit grid, 1.75 stroke, drawn in the text colour.

import type { ComponentChildren, JSX } from "preact";

function icon(children: ComponentChildren, isDirected = false): () => JSX.Element {
  const Icon = (): JSX.Element => (
    <svg
      class={isDirected ? "icon directed" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
  return Icon;
}

/** The vitrine itself: a glass case with a shelf and one thing lit on it. */
export const LogoIcon = icon(
  <>
    <path d="M5 3.5h14v17H5zM5 15h14" />
    <circle cx="12" cy="11.6" r="2.5" class="icon-accent" />
  </>,
);
export const EyeIcon = icon(
  <>
    <path d="M2.5 12s3.5-6.5 9.5-6.5S21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </>,
);
export const SoundIcon = icon(
  <>
    <path d="M4 9.5h3.5L12 5.5v13l-4.5-4H4z" />
    <path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />
  </>,
);
export const MutedIcon = icon(
  <>
    <path d="M4 9.5h3.5L12 5.5v13l-4.5-4H4z" />
    <path d="m16 9.5 5 5m0-5-5 5" />
  </>,
);
export const CaptionsIcon = icon(
  <>
    <rect x="2.5" y="5" width="19" height="14" rx="3" />
    <path d="M6.5 12h4m3 0h4m-11 3.2h7m3 0h1" />
  </>,
);
export const BagIcon = icon(
  <>
    <path d="M5 8.5h14l1 11.5H4z" />
    <path d="M8.5 11V7a3.5 3.5 0 0 1 7 0v4" />
  </>,
);
export const ShareIcon = icon(
  <>
    <path d="M12 15V4m-4 3.5L12 3.5l4 4" />
    <path d="M6 11H5v9h14v-9h-1" />
  </>,
);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const MinusIcon = icon(<path d="M5 12h14" />);
export const SendIcon = icon(<path d="M4 12 20 4.5 15.5 20l-4-6zM11.5 14 20 4.5" />, true);
export const PinIcon = icon(
  <>
    <path d="M9 4h6l-.8 6 3.3 3.5h-11L9.8 10z" />
    <path d="M12 13.5V20" />
  </>,
);
export const CameraIcon = icon(
  <>
    <rect x="2.5" y="6.5" width="13" height="11" rx="2.5" />
    <path d="m15.5 11 6-3.2v8.4l-6-3.2z" />
  </>,
);
export const CameraOffIcon = icon(
  <>
    <path d="M6 6.5h7a2.5 2.5 0 0 1 2.5 2.5v6M15.5 11l6-3.2v8.4M12.5 17.5H5A2.5 2.5 0 0 1 2.5 15V9" />
    <path d="m3 3 18 18" />
  </>,
);
export const MicrophoneIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>,
);
export const MicrophoneOffIcon = icon(
  <>
    <path d="M15 9V6a3 3 0 0 0-5.8-1M9 10v1a3 3 0 0 0 4.5 2.6M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5c0 1-.2 1.9-.6 2.7M12 18v3" />
    <path d="m3 3 18 18" />
  </>,
);
export const ScreenIcon = icon(
  <>
    <rect x="2.5" y="4" width="19" height="12.5" rx="2.5" />
    <path d="M9 20.5h6M12 16.5v4M12 13V8m-2.2 2L12 7.8l2.2 2.2" />
  </>,
);
export const GlobeIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M3 12h18M12 3c3 3 3.6 6 3.6 9s-.6 6-3.6 9c-3-3-3.6-6-3.6-9S9 6 12 3z" />
  </>,
);
export const ChatIcon = icon(<path d="M4 5h16v11.5h-9L6.5 20v-3.5H4z" />);
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5.3l3.5 2" />
  </>,
);
export const WarnIcon = icon(
  <>
    <path d="M12 4 2.8 20h18.4z" />
    <path d="M12 10v4.5m0 2.6v.1" />
  </>,
);
export const ImportIcon = icon(
  <>
    <path d="M12 4v11m-4-3.5 4 4 4-4" />
    <path d="M4 16v4h16v-4" />
  </>,
);
export const SlidersIcon = icon(
  <>
    <path d="M4 8h9m5 0h2M4 16h2m5 0h9" />
    <circle cx="15.5" cy="8" r="2.3" />
    <circle cx="8.5" cy="16" r="2.3" />
  </>,
);
export const TranslateIcon = icon(
  <>
    <path d="M3.5 6h10M8.5 4v2c0 4-2 7-5 8.5M5.5 9.5c1.2 2.4 3.2 4 6 5" />
    <path d="m12.5 20 4-9 4 9m-6.7-3h5.4" />
  </>,
);
export const MoreIcon = icon(<path d="M5 12h.1M12 12h.1M19 12h.1" stroke-width="3" />);
