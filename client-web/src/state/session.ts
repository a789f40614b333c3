// One page in one show: joins socket, receptions and reducers, and offers signals to the UI. The
// decisions are in the pure files beside it; this file only routes.

import { batch, computed, signal } from "@preact/signals";
import { PIN_DELAY_MS_MAX } from "../limits";
import type {
  Entry,
  Act,
  LayerWish,
  ModerationView,
  OrderView,
  Participant,
  Phase,
  Reaction,
  Role,
  RoomEvent,
  ServerMessage,
  ShowState,
  SourceKind,
  Step,
} from "../net/protocol.gen";
import { openWire, Refusal, ShowSocket, type LinkStatus, type Request } from "../net/socket";
import { CaptionLag, dueRows, refresh, Screen, upsertCue, type Cue, type Row } from "./captions";
import {
  captionPreference,
  chooseLanguage,
  isSynced,
  lookup,
  rememberCaptions,
  rememberSynced,
} from "./caption-choice";
import type { Grant } from "./grant";
import { bestOffset, clockSample, nextLag, type ClockSample } from "./media-clock";
import { Receptions } from "./reception";
import { Taps } from "./reactions";
import { setServerClock } from "./server-clock";
import { isPlacedByMediaTime, reduce, withLine } from "./show";

/** How often subtitles and waiting pins are looked at: below what an eye notices. */
const TICK_MS = 150;
/** Statistics are read every so many ticks. */
const STATS_TICKS = 4;
const CLOCK_SAMPLES_MAX = 8;
/** A caption later than this was translated for somebody who has just changed the language. */
const LATE_MS = 10_000;
/** Pictures are not moved for less: each change is seen. */
const DELAY_STEP_MS = 400;

/** How a picture is shown: not at all, or so many physical pixels tall (none: not known yet). */
export interface Shown {
  visible: boolean;
  height: number | null;
}

/** What changed about something on sale. */
type News = Extract<RoomEvent, { event: "price_changed" | "sold_out" }>;

export class ShowSession {
  readonly status = signal<LinkStatus>("waiting");
  readonly show = signal<ShowState | null>(null);
  readonly me = signal<Participant | null>(null);
  readonly viewers = signal(0);
  readonly ended = signal<{ reason: string; message: string } | null>(null);
  readonly rows = signal<Row[]>([]);
  readonly framesDecoded = signal(0);
  /** Caption language in use; none for no captions. */
  readonly captionLanguage = signal<string | null>(null);
  readonly isTranscriptOpen = signal(false);
  /** Whether picture and sound wait for the subtitles. */
  readonly isSynced = signal(isSynced());
  /** The last subtitle that will not change, for those who hear them. */
  readonly lastLine = signal<{ text: string; language: string } | null>(null);
  /** The language this viewer reads, while subtitles of what is spoken stand in for it. */
  readonly missedLanguage = signal<string | null>(null);
  /** Orders that arrived while this host's page was open, by id. */
  readonly orders = signal<ReadonlyMap<string, OrderView>>(new Map());
  /** How the chat is kept in order; none for those who do not. */
  readonly moderation = signal<ModerationView | null>(null);
  /** What was tapped in the last second, by everybody. */
  readonly reactions = signal<Partial<Record<Reaction, number>>>({});
  /** The last new price or sold-out product, when the picture is there. */
  readonly news = signal<News | null>(null);
  readonly receptions = new Receptions(() => this.renewReception());
  readonly isOnStage = computed(() => this.me.value?.role === "guest");
  /** Called after each join: publishers see whether they are still on air. */
  onJoined: (() => void) | null = null;
  /** Called when the server tells which layers of what this page publishes are wanted. */
  onLayers: ((source: SourceKind, layers: LayerWish[]) => void) | null = null;
  /** Codec of each track on air that this browser cannot play. */
  readonly undecodable = signal<ReadonlyMap<string, string>>(new Map());

  private readonly socket: ShowSocket;
  private cues: Cue[] = [];
  private readonly screen = new Screen();
  private readonly captionLag = new CaptionLag();
  private readonly told = new Set<string>();
  private readonly taps = new Taps((reaction, count) =>
    this.socket.notify({ type: "react", reaction, count }),
  );
  private delay_ms = 0;
  private toldLanguage: string | null = null;
  private waiting: Entry[] = [];
  private lag_ms: number | null = null;
  private clockSamples: ClockSample[] = [];
  private offset_ms = 0;
  private ticks = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly grant: Grant) {
    setServerClock(() => this.serverNow());
    this.socket = new ShowSocket(
      {
        open: openWire,
        ticket: () => grant.ticket(),
        joinExtras: () => this.joinExtras(),
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
        now: () => Date.now(),
        random: () => Math.random(),
      },
      {
        status: (status) => (this.status.value = status),
        snapshot: (show) => this.onSnapshot(show),
        entry: (entry) => this.onEntry(entry),
        other: (message) => this.onOther(message),
        ended: (reason, message) => (this.ended.value = { reason, message }),
        joined: (joined) => {
          this.me.value = joined.you;
          this.viewers.value = joined.viewers;
          this.offset_ms = joined.server_ms - Date.now();
          this.clockSamples = [];
          if (joined.answer !== null) void this.receptions.accept(joined.answer, joined.slots);
          this.onJoined?.();
        },
      },
    );
  }

  start(): void {
    window.addEventListener("online", () => this.socket.reconnect());
    window.addEventListener("offline", () => this.socket.suspend());
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.socket.start();
  }

  stop(): void {
    clearInterval(this.timer);
    this.socket.stop();
    this.taps.stop();
    this.receptions.close();
  }

  /** The server's clock, Unix ms. */
  serverNow(): number {
    return Date.now() + this.offset_ms;
  }

  /** Sends a request; rejects with a `Refusal`. */
  request(request: Request): Promise<ServerMessage> {
    return this.socket.request(request);
  }

  setCaptionLanguage(language: string | null): void {
    rememberCaptions(language);
    this.missedLanguage.value = null;
    this.useCaptionLanguage(language);
    this.tellLanguage();
  }

  /** Picture and sound wait for the subtitles, or do not. */
  setSynced(isSynced: boolean): void {
    rememberSynced(isSynced);
    this.isSynced.value = isSynced;
    this.followCaptionLag();
  }

  /** A new display name needs a new join; pictures go on meanwhile. */
  setName(name: string): void {
    this.grant.name = name;
    this.socket.reconnect();
  }

  /** Says how a slot's picture is shown on the screen. */
  watch(mid: string, shown: Shown): void {
    this.socket.notify({ type: "watch", mid, ...shown });
  }

  pin(product: string): Promise<ServerMessage> {
    return this.request({ type: "pin", product });
  }

  showNow(product: string | null): Promise<ServerMessage> {
    return this.request({ type: "now_showing", product });
  }

  unpin(product: string): Promise<ServerMessage> {
    return this.request({ type: "unpin", product });
  }

  chat(text: string): Promise<ServerMessage> {
    return this.request({ type: "chat", text });
  }

  moderate(act: Act): Promise<ServerMessage> {
    return this.request({ type: "moderate", act });
  }

  /** A machine translation of a chat line. */
  async translate(id: number, language: string): Promise<{ text: string; kept: boolean }> {
    const answer = await this.request({ type: "translate", id, language });
    if (answer.type !== "translated") throw new Refusal("no_answer", answer.type, null);
    return answer;
  }

  /** Tells once in this visit what the viewer did with a product. */
  noticed(step: Step, product: string): void {
    const key = `${step} ${product}`;
    if (this.told.has(key) || this.status.value !== "online") return;
    this.told.add(key);
    this.socket.notify({ type: "noticed", step, products: [product] });
  }

  react(reaction: Reaction): void {
    this.taps.add(reaction);
  }

  setPhase(phase: Phase): Promise<ServerMessage> {
    return this.request({ type: "phase", phase });
  }

  promote(participant: string, role: Role): Promise<ServerMessage> {
    return this.request({ type: "promote", participant, role });
  }

  private async joinExtras(): Promise<{ offer?: string; captions?: string; name?: string }> {
    const extras: { offer?: string; captions?: string; name?: string } = {};
    extras.offer = await this.receptions.offer();
    const wish = this.languageWish();
    this.toldLanguage = wish;
    if (wish !== null) extras.captions = wish;
    if (this.grant.name) extras.name = this.grant.name;
    return extras;
  }

  private async renewReception(): Promise<void> {
    const offer = await this.receptions.offer();
    try {
      const answer = await this.request({ type: "offer", offer });
      if (answer.type === "answered") await this.receptions.accept(answer.answer, answer.slots);
    } catch (error) {
      // Offline: the next join carries a fresh offer anyway.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private onSnapshot(show: ShowState): void {
    this.waiting = [];
    this.cues = [];
    // Lines that were said before we came are past: they are kept for a change of language only.
    this.screen.clear();
    for (const view of show.captions) this.cues = upsertCue(this.cues, view, true, view.end_ms);
    this.show.value = show;
    this.followLanguages();
  }

  private onEntry(entry: Entry): void {
    const { show } = this;
    if (!show.value) return;
    if (isPlacedByMediaTime(entry.event) && !this.isDue(entry.at_ms)) {
      this.waiting.push(entry);
      return;
    }
    this.take(entry);
    if (entry.event.event === "caption") this.addCue(entry.event, true);
    if (entry.event.event === "languages") this.followLanguages();
  }

  private take(entry: Entry): void {
    if (this.show.value) this.show.value = reduce(this.show.value, entry);
    const { event } = entry;
    if (event.event === "price_changed" || event.event === "sold_out") this.news.value = event;
  }

  private onOther(message: ServerMessage): void {
    switch (message.type) {
      case "partial":
        this.addCue(message, false);
        break;
      case "viewers":
        this.viewers.value = message.count;
        break;
      case "slots":
        this.receptions.setSlots(message.slots);
        break;
      case "layers":
        this.onLayers?.(message.source, message.layers);
        break;
      case "undecodable": {
        const known = new Map(this.undecodable.value);
        this.undecodable.value = known.set(message.track, message.codec);
        break;
      }
      case "role":
        if (this.me.value) this.me.value = { ...this.me.value, role: message.role };
        if (message.role !== "moderator") this.moderation.value = null;
        break;
      case "line": {
        const { type: _type, ...line } = message;
        if (this.show.value) this.show.value = withLine(this.show.value, line);
        break;
      }
      case "moderation":
        this.moderation.value = message;
        break;
      case "reactions":
        this.reactions.value = message.counts;
        break;
      case "order":
        this.orders.value = new Map(this.orders.value).set(message.id, message);
        break;
      case "clock": {
        const sample = clockSample(message.client_ms, Date.now(), message.server_ms);
        this.clockSamples = [...this.clockSamples, sample].slice(-CLOCK_SAMPLES_MAX);
        this.offset_ms = bestOffset(this.clockSamples);
        break;
      }
      default:
        break;
    }
  }

  private addCue(view: Cue | Parameters<typeof upsertCue>[1], final: boolean): void {
    const now = this.serverNow();
    this.cues = upsertCue(this.cues, view, final, now);
    const { language, text, end_ms } = view;
    const isRead = this.captionLanguage.value === language;
    // What comes a while after it was said was asked for later: it tells nothing of the lag.
    if (isRead && text !== "" && now - end_ms < LATE_MS) this.captionLag.note(end_ms, now);
    if (isRead && final) this.lastLine.value = { text, language };
    this.drawSubtitles();
  }

  /** Whether the picture on this screen has reached a moment; without a media clock, at once. */
  private isDue(at_ms: number): boolean {
    const now = this.serverNow();
    return this.lag_ms === null || at_ms <= now - this.lag_ms || at_ms <= now - PIN_DELAY_MS_MAX;
  }

  private tick(): void {
    this.ticks += 1;
    if (this.ticks % STATS_TICKS === 0) void this.readStats();
    const due = this.waiting.filter((entry) => this.isDue(entry.at_ms));
    if (due.length > 0) {
      this.waiting = this.waiting.filter((entry) => !due.includes(entry));
      batch(() => {
        for (const entry of due) this.take(entry);
      });
    }
    this.drawSubtitles();
  }

  private async readStats(): Promise<void> {
    const stats = await this.receptions.stats(null);
    if (!stats) return;
    this.framesDecoded.value = stats.framesDecoded;
    this.followCaptionLag();
    this.lag_ms = nextLag(this.lag_ms, stats.playout_ntp_ms, this.serverNow());
  }

  private drawSubtitles(): void {
    const now = this.serverNow();
    const media = now - (this.lag_ms ?? 0);
    const names = speakers(this.show.value);
    const due = dueRows(this.cues, this.captionLanguage.value, media, now, names);
    const rows = this.screen.show(due, now);
    if (JSON.stringify(rows) !== JSON.stringify(this.rows.value)) this.rows.value = rows;
  }

  private followCaptionLag(): void {
    const isWaiting = this.isSynced.value && this.captionLanguage.value !== null;
    const wanted = isWaiting ? this.captionLag.ms : 0;
    const isSmall = Math.abs(wanted - this.delay_ms) < DELAY_STEP_MS;
    if (wanted === this.delay_ms || (wanted > 0 && isSmall)) return;
    this.delay_ms = wanted;
    this.receptions.delay(wanted);
  }

  private followLanguages(): void {
    const { languages = [], pairs = [] } = this.show.value ?? {};
    const choice = chooseLanguage(languages, pairs, captionPreference());
    this.missedLanguage.value = choice.missed;
    this.useCaptionLanguage(choice.language);
    this.tellLanguage();
  }

  /** What the server is told: a language it cannot make too, so that its operator hears of it. */
  private languageWish(): string | null {
    const missed = this.missedLanguage.value;
    const languages = this.show.value?.languages ?? [];
    const isUnmet = missed !== null && lookup(missed, languages) === null;
    return isUnmet ? missed : this.captionLanguage.value;
  }

  private tellLanguage(): void {
    const language = this.languageWish();
    if (language === this.toldLanguage) return;
    this.toldLanguage = language;
    this.socket.notify({ type: "captions", language });
  }

  private useCaptionLanguage(language: string | null): void {
    if (this.captionLanguage.value === language) return;
    this.captionLanguage.value = language;
    this.cues = refresh(this.cues, this.serverNow());
    this.screen.clear();
    this.followCaptionLag();
    this.drawSubtitles();
  }
}

/** Names of those who can be heard. */
function speakers(show: ShowState | null): Map<string, string> {
  const heard = new Set(
    show?.tracks.filter(({ kind }) => kind === "audio").map(({ participant }) => participant),
  );
  const people = show?.participants.filter(({ id }) => heard.has(id)) ?? [];
  return new Map(people.map(({ id, name }) => [id, name]));
}
