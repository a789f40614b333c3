// The front door: shows on air first, then those to come; says what to do when there is none.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import * as api from "../../net/api";
import type { ShowCard } from "../../net/protocol.gen";
import { EyeIcon, LogoIcon } from "../kit/icons";
import { SiteHead } from "../kit/site-head";
import { Upcoming } from "../kit/upcoming";

const REFRESH_MS = 8_000;

type Listing = { state: "loading" } | { state: "failed" } | { state: "ready"; shows: ShowCard[] };

export function Lobby(): JSX.Element {
  const [listing, setListing] = useState<Listing>({ state: "loading" });
  useEffect(() => {
    document.title = "Vitrine";
    const load = async (): Promise<void> => {
      try {
        setListing({ state: "ready", shows: await api.shows() });
      } catch {
        setListing((old) => (old.state === "ready" ? old : { state: "failed" }));
      }
    };
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="lobby">
      <SiteHead />
      <main>
        <Shelves listing={listing} />
      </main>
      <footer class="lobby-foot">{t("app_tagline")}</footer>
    </div>
  );
}

function Shelves({ listing }: { listing: Listing }): JSX.Element {
  if (listing.state === "loading")
    return (
      <div class="lobby-grid" aria-busy="true">
        <div class="card ghost" />
      </div>
    );
  if (listing.state === "failed") return <Empty title={t("lobby_failed")} hint="" />;
  const live = listing.shows.filter(({ phase }) => phase === "live");
  // The next one first; those without a time after them.
  const start = ({ starts_ms }: ShowCard): number => starts_ms ?? Infinity;
  const scheduled = listing.shows.filter(({ phase }) => phase === "scheduled");
  const later = scheduled.sort((a, b) => start(a) - start(b) || 0);
  if (live.length + later.length === 0)
    return <Empty title={t("lobby_empty")} hint={t("lobby_empty_hint")} />;
  return (
    <>
      {live.length > 0 && <Shelf title={t("lobby_title")} shows={live} />}
      {later.length > 0 && <Shelf title={t("lobby_later")} shows={later} />}
    </>
  );
}

function Empty({ title, hint }: { title: string; hint: string }): JSX.Element {
  return (
    <div class="lobby-empty" data-testid="lobby_empty">
      <LogoIcon />
      <h1>{title}</h1>
      <p>{hint}</p>
    </div>
  );
}

function Shelf({ title, shows }: { title: string; shows: ShowCard[] }): JSX.Element {
  return (
    <section>
      <h1 class="lobby-title">{title}</h1>
      <div class={shows.length === 1 ? "lobby-grid single" : "lobby-grid"}>
        {shows.map((show) => (
          <Card key={show.name} show={show} />
        ))}
      </div>
    </section>
  );
}

function Card({ show }: { show: ShowCard }): JSX.Element {
  const isLive = show.phase === "live";
  const card = (
    <a class="card" href={`/s/${show.name}`} data-testid="lobby_card">
      <span class="card-cover">
        {show.cover !== null ? (
          <img src={show.cover} alt="" />
        ) : (
          <span class="card-letter">{show.title.charAt(0)}</span>
        )}
      </span>
      <span class="card-top">
        <span class={isLive ? "badge live" : "badge"}>{isLive ? t("live") : t("scheduled")}</span>
        {isLive && (
          <span class="badge" data-testid="lobby_viewers">
            <EyeIcon />
            <span class="visually-hidden">{t("viewers", { n: show.viewers })}</span>
            <span aria-hidden="true">
              {new Intl.NumberFormat(locale(), { notation: "compact" }).format(show.viewers)}
            </span>
          </span>
        )}
      </span>
      <span class="card-text">
        <span class="card-title">{show.title}</span>
        <span class="button accent small">{t("lobby_watch")}</span>
      </span>
    </a>
  );
  if (isLive || show.starts_ms === null) return card;
  const { name, starts_ms, reminders } = show;
  return (
    <div class="card-cell">
      {card}
      <Upcoming show={name} starts_ms={starts_ms} reminders={reminders} now={Date.now} />
    </div>
  );
}
