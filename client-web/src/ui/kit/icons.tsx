// Icons from Lucide (ISC licence), of which the build keeps those named here; and our own sign.
// They are drawn in the colour of the text, and are silent: the button around them has the name.

import {
  ArrowDown,
  ArrowUp,
  Captions,
  Check,
  Clock,
  Ellipsis,
  Eye,
  FileUp,
  Flame,
  Globe,
  Heart,
  Languages,
  Laugh,
  Mic,
  MicOff,
  Minus,
  MonitorUp,
  PartyPopper,
  Pin,
  Plus,
  Send,
  Share,
  ShoppingBag,
  SlidersHorizontal,
  Sparkles,
  TriangleAlert,
  Video,
  VideoOff,
  Volume2,
  VolumeX,
  X,
  type IconNode,
} from "lucide";
import { h, type ComponentChildren, type JSX } from "preact";

export type Icon = () => JSX.Element;

function drawn(children: ComponentChildren, isDirected: boolean): Icon {
  const Drawn = (): JSX.Element => (
    <svg
      class={isDirected ? "icon directed" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
  return Drawn;
}

/** A directed icon points along the line: it is mirrored where one reads from the right. */
function icon(node: IconNode, isDirected = false): Icon {
  return drawn(
    node.map(([tag, attributes]) => h(tag, attributes)),
    isDirected,
  );
}

/** The vitrine itself: a glass case with a shelf and one thing lit on it. */
export const LogoIcon = drawn(
  <>
    <path d="M5 3.5h14v17H5zM5 15h14" />
    <circle cx="12" cy="11.6" r="2.5" class="icon-accent" />
  </>,
  false,
);
export const BagIcon = icon(ShoppingBag);
export const CameraIcon = icon(Video);
export const CameraOffIcon = icon(VideoOff);
export const CaptionsIcon = icon(Captions);
export const CheckIcon = icon(Check);
export const ClapIcon = icon(PartyPopper, true);
export const ClockIcon = icon(Clock);
export const CloseIcon = icon(X);
export const DownIcon = icon(ArrowDown);
export const EyeIcon = icon(Eye);
export const FireIcon = icon(Flame);
export const GlobeIcon = icon(Globe);
export const HeartIcon = icon(Heart);
export const ImportIcon = icon(FileUp);
export const LaughIcon = icon(Laugh);
export const MicrophoneIcon = icon(Mic);
export const MicrophoneOffIcon = icon(MicOff);
export const MinusIcon = icon(Minus);
export const MoreIcon = icon(Ellipsis);
export const MutedIcon = icon(VolumeX, true);
export const PinIcon = icon(Pin);
export const PlusIcon = icon(Plus);
export const ScreenIcon = icon(MonitorUp);
export const SendIcon = icon(Send, true);
export const ShareIcon = icon(Share);
export const SlidersIcon = icon(SlidersHorizontal);
export const SoundIcon = icon(Volume2, true);
export const TranslateIcon = icon(Languages);
export const UpIcon = icon(ArrowUp);
export const WarnIcon = icon(TriangleAlert);
export const WowIcon = icon(Sparkles);
