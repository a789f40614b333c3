// The host's shelf: large pin buttons in running order, and the catalogue import.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { pageLanguage, t } from "../../i18n";
import { PINS_MAX } from "../../limits";
import * as api from "../../net/api";
import type { DealView, ProductView, RowError, ShowState } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { DownIcon, ImportIcon, PinIcon, UpIcon } from "../kit/icons";
import { Price, Stock, Thumb, titleOf } from "../kit/price";
import { HostDeal } from "./deal";
import { reasonOf } from "../../state/reason";

export interface HostShelfProps {
  session: ShowSession;
  show: ShowState | null;
}

export function HostShelf({ session, show }: HostShelfProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null);
  const pinned = new Set(show?.pins.map(({ product }) => product));
  const toggle = async (product: ProductView): Promise<void> => {
    const isPinned = pinned.has(product.id);
    if (!isPinned && pinned.size >= PINS_MAX) {
      setProblem(t("host_pins_full"));
      return;
    }
    await attempt(() => (isPinned ? session.unpin(product.id) : session.pin(product.id)));
  };
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
      setProblem(null);
    } catch (error) {
      setProblem(t("error_generic", { reason: reasonOf(error) }));
    }
  };
  const products = show?.products ?? [];
  const [planned, reload] = usePlanned(session, products);
  /** Puts a product one place further up or down. */
  const move = (at: number, by: number): Promise<void> => {
    const ids = products.map(({ id }) => id);
    const [id = ""] = ids.splice(at, 1);
    ids.splice(at + by, 0, id);
    return attempt(() => api.shelve(show?.info.name ?? "", session.grant.token ?? "", ids));
  };
  return (
    <section class="panel host-shelf" data-testid="host_shelf">
      <header class="panel-head">
        <h2 class="panel-title">
          {t("shelf")} <span>{products.length}</span>
        </h2>
        <CatalogueImport session={session} />
      </header>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {products.length === 0 && <p class="empty">{t("host_import_hint")}</p>}
      <ul>
        {products.map((product, at) => {
          const isShown = show?.now_showing === product.id;
          const isPinned = pinned.has(product.id);
          return (
            <li key={product.id} class={isPinned ? "row is-pinned" : "row"}>
              <Thumb product={product} />
              <div class="row-text">
                <h3>{titleOf(product, pageLanguage.value)}</h3>
                <Price product={product} />
                <Stock product={product} />
              </div>
              <button
                class={isPinned ? "button accent pin-button" : "button pin-button"}
                aria-pressed={isPinned}
                data-testid="shelf_pin"
                data-product={product.id}
                onClick={() => void toggle(product)}
              >
                <PinIcon />
                {isPinned ? t("host_unpin") : t("host_pin")}
              </button>
              <div class="shelf-tools">
                <button
                  class={isShown ? "button accent small" : "button quiet small"}
                  aria-pressed={isShown}
                  data-testid="shelf_now"
                  data-product={product.id}
                  onClick={() => void attempt(() => session.showNow(isShown ? null : product.id))}
                >
                  {t("now_showing")}
                </button>
                <span class="shelf-moves">
                  {([-1, 1] as const).map((by) => (
                    <button
                      key={by}
                      class="round quiet"
                      aria-label={t(by < 0 ? "move_up" : "move_down")}
                      data-testid={by < 0 ? "shelf_up" : "shelf_down"}
                      data-product={product.id}
                      disabled={at + by < 0 || at + by >= products.length}
                      onClick={() => void move(at, by)}
                    >
                      {by < 0 ? <UpIcon /> : <DownIcon />}
                    </button>
                  ))}
                </span>
                <HostDeal
                  session={session}
                  product={product}
                  deal={product.deal ?? planned.find((deal) => deal.product === product.id) ?? null}
                  onChange={reload}
                  onProblem={setProblem}
                />
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Flash deals, also those that no page shows yet; read again when one begins or is over. */
function usePlanned(session: ShowSession, products: ProductView[]): [DealView[], () => void] {
  const [deals, setDeals] = useState<DealView[]>([]);
  const name = session.show.value?.info.name;
  const { token } = session.grant;
  const reload = (): void => {
    if (name === undefined || token === null) return;
    void api.listDeals(name, token).then(setDeals, () => undefined);
  };
  const shown = products.map(({ deal }) => deal?.id ?? "").join();
  useEffect(reload, [name, token, shown]);
  return [deals, reload];
}

type ImportState =
  | { state: "idle" }
  | { state: "busy" }
  | { state: "done"; count: number }
  | { state: "failed"; message: string; errors: RowError[] };

function CatalogueImport({ session }: { session: ShowSession }): JSX.Element {
  const [result, setResult] = useState<ImportState>({ state: "idle" });
  const input = useRef<HTMLInputElement>(null);
  const load = async (file: File): Promise<void> => {
    setResult({ state: "busy" });
    const isJson = /json/.test(file.type) || /\.json(ld)?$/.test(file.name);
    const show = session.show.value?.info.name ?? "";
    const token = session.grant.token ?? "";
    try {
      const text = await file.text();
      const answer = await api.importProducts(
        show,
        token,
        text,
        isJson ? "application/ld+json" : "text/csv",
      );
      setResult({ state: "done", count: answer.imported });
    } catch (error) {
      const errors = error instanceof api.Problem ? (error.body.errors ?? []) : [];
      setResult({
        state: "failed",
        message: reasonOf(error),
        errors,
      });
    }
  };
  return (
    <div class="import">
      <button
        class="button small"
        title={t("host_import_hint")}
        data-testid="import_button"
        aria-busy={result.state === "busy"}
        disabled={result.state === "busy"}
        onClick={() => input.current?.click()}
      >
        <ImportIcon />
        {t("host_import")}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".csv,.json,.jsonld,text/csv,application/ld+json"
        data-testid="import_file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void load(file);
        }}
      />
      {result.state === "done" && (
        <p role="status" class="import-done" data-testid="import_done">
          {t("host_imported", { n: result.count })}
        </p>
      )}
      {result.state === "failed" && (
        <div class="problem" role="alert" data-testid="import_failed">
          <p>
            <b>{t("host_import_failed")}.</b> {result.message}
          </p>
          <ul>
            {result.errors.map((error) => (
              <li key={`${error.row}${error.field}`}>
                {t("host_import_row", { row: error.row })}
                {error.field !== "" && (
                  <>
                    {" "}
                    · <code>{error.field}</code>
                  </>
                )}
                : {error.message}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
