// The audience and what it buys, read anew every second while the host looks.

import "../../style/stats.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, pageLanguage, t } from "../../i18n";
import { STATS_PERIOD_MS } from "../../limits";
import * as api from "../../net/api";
import type { MinuteStats, ProductStats, Stats as View, Money } from "../../net/protocol.gen";
import { languageName } from "../../state/caption-choice";
import { formatMoney } from "../../state/money";
import type { ShowSession } from "../../state/session";
import { curve, duration, share, sinceStart } from "../../state/stats";
import { countryName } from "../../state/countries";
import { saveFile } from "../kit/save";

export function Stats({ session }: { session: ShowSession }): JSX.Element {
  const stats = useStats(session);
  const n = new Intl.NumberFormat(locale());
  return (
    <section class="panel stats" data-testid="stats">
      <header class="panel-head">
        <h2 class="panel-title">{t("stats")}</h2>
        <button
          class="button small"
          data-testid="stats_csv"
          disabled={stats === null}
          onClick={() => void download(session)}
        >
          CSV
        </button>
      </header>
      {stats === null ? (
        <p class="empty">{t("stats_none")}</p>
      ) : (
        <>
          <dl class="stats-sums">
            <Sum
              label={t("stats_viewers")}
              testid="stats_viewers"
              value={n.format(session.viewers.value)}
            />
            <Sum
              label={t("stats_joins")}
              testid="stats_joins"
              value={n.format(stats.total.joins)}
            />
            <Sum
              label={t("stats_watched")}
              testid="stats_watched"
              value={duration(stats.total.watched_s)}
            />
            <Sum
              label={t("stats_orders")}
              testid="stats_orders"
              value={n.format(stats.total.orders)}
            />
            <Sum
              label={t("stats_revenue")}
              testid="stats_revenue"
              value={sums(stats.total.revenue)}
            />
          </dl>
          <Curve session={session} stats={stats} />
          <Funnel session={session} products={stats.products} />
          <Shares title={t("stats_countries")} counts={stats.countries} name={land} />
          <Shares title={t("stats_languages")} counts={stats.languages} name={tongue} />
          <Shares title={t("captions")} counts={stats.captions} name={tongue} />
        </>
      )}
    </section>
  );
}

function useStats(session: ShowSession): View | null {
  const [stats, setStats] = useState<View | null>(null);
  const name = session.show.value?.info.name;
  const { token } = session.grant;
  useEffect(() => {
    if (name === undefined || token === null) return;
    let timer = 0;
    let isOver = false;
    const look = async (): Promise<void> => {
      const began = performance.now();
      // What cannot be read now is read the next time; a page nobody sees asks for nothing.
      const read = document.hidden ? null : await api.stats(name, token).catch(() => null);
      if (isOver) return;
      if (read !== null) setStats(read);
      // A server that takes long to count is asked less often.
      const pause = Math.max(STATS_PERIOD_MS, 4 * (performance.now() - began));
      timer = window.setTimeout(() => void look(), pause);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [name, token]);
  return stats;
}

function Sum({
  label,
  value,
  testid,
}: {
  label: string;
  value: string;
  testid: string;
}): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-testid={testid}>{value}</dd>
    </div>
  );
}

const [WIDTH, HEIGHT] = [300, 80];

const COLUMNS = [
  "shelf",
  "stats_seen",
  "stats_taps",
  "stats_carts",
  "stats_orders",
  "stats_revenue",
] as const;

/** Viewers as a line, orders as bars, a dot where a product was pinned, along the picture's time. */
function Curve({ session, stats }: { session: ShowSession; stats: View }): JSX.Element {
  const { points, bars, peak } = curve(stats.minutes, stats.now_ms, WIDTH, HEIGHT);
  const name = titles(session, stats.products);
  const words = (minute: MinuteStats): string =>
    [
      sinceStart(minute.at_ms, stats.started_ms),
      `${t("stats_orders")}: ${minute.orders}`,
      ...minute.revenue.map((sum) => formatMoney(sum, locale())),
      ...Object.entries(minute.pieces).map(([product, n]) => `${n} × ${name(product)}`),
      ...minute.pinned.map((product) => `${t("on_screen")}: ${name(product)}`),
    ].join("\n");
  return (
    <figure class="stats-curve">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("stats_curve", { n: peak })}>
        {bars.map(({ x, width, height, minute }) => (
          <g key={x}>
            <title>{words(minute)}</title>
            <rect class="hit" x={x} y={0} width={width} height={HEIGHT} />
            <rect x={x} y={HEIGHT - height} width={width} height={height} />
            {minute.pinned.length > 0 && <circle cx={x + width / 2} cy={HEIGHT - 3} r={2.5} />}
          </g>
        ))}
        <polyline points={points} />
      </svg>
      <figcaption>{t("stats_curve", { n: peak })}</figcaption>
    </figure>
  );
}

/** What products are called: as on the shelf, else as they were sold. */
function titles(session: ShowSession, products: ProductStats[]): (id: string) => string {
  const names = new Map(products.map(({ product, title }) => [product, title]));
  for (const { id, title } of session.show.value?.products ?? []) names.set(id, title);
  return (id) => names.get(id) || id;
}

interface FunnelProps {
  session: ShowSession;
  products: ProductStats[];
}

function Funnel({ session, products }: FunnelProps): JSX.Element | null {
  if (products.length === 0) return null;
  const name = titles(session, products);
  const sorted = [...products].sort((a, b) => b.pieces - a.pieces || b.impressions - a.impressions);
  return (
    <div class="stats-table">
      <table data-testid="stats_funnel">
        <thead>
          <tr>
            {COLUMNS.map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((one) => (
            <tr key={one.product}>
              <th scope="row">{name(one.product)}</th>
              {[one.impressions, one.taps, one.carts, one.orders].map((count, at) => (
                <td key={at}>{count}</td>
              ))}
              <td>{sums(one.revenue)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SHARES_SHOWN = 5;

interface SharesProps {
  title: string;
  counts: Record<string, number>;
  name: (code: string) => string;
}

function Shares({ title, counts, name }: SharesProps): JSX.Element | null {
  const all = share(counts).slice(0, SHARES_SHOWN);
  if (all.length === 0) return null;
  return (
    <div class="stats-shares">
      <h3>{title}</h3>
      <ul>
        {all.map(([code, percent]) => (
          <li key={code}>
            <span>{name(code)}</span>
            <meter value={percent} max={100} aria-hidden="true" />
            <span>{percent} %</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function known(code: string): string | null {
  return code === "unknown" || code === "other" ? t("stats_unknown") : null;
}

function land(code: string): string {
  return known(code) ?? countryName(code, locale());
}

/** Sums by currency, never added up. */
function sums(revenue: Money[]): string {
  return revenue.map((sum) => formatMoney(sum, locale())).join(" + ") || "–";
}

function tongue(code: string): string {
  return known(code) ?? languageName(code, pageLanguage.value);
}

async function download(session: ShowSession): Promise<void> {
  const name = session.show.value?.info.name;
  if (name === undefined) return;
  saveFile(await api.statsFile(name, session.grant.token), `${name}.csv`);
}
