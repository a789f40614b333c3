// Flash deals made by the host: price, when, how long, pieces in all and for each buyer.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import * as api from "../../net/api";
import type { DealBody, DealView, ProductView } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { FormField, written } from "../kit/form";
import { optionsOf } from "../kit/price";
import { reasonOf } from "../../state/reason";

interface HostDealProps {
  session: ShowSession;
  product: ProductView;
  /** The product's deal that is planned, counted down or on. */
  deal: DealView | null;
  onChange: () => void;
  onProblem: (problem: string | null) => void;
}

export function HostDeal(props: HostDealProps): JSX.Element {
  const { session, product, deal, onChange, onProblem } = props;
  const [isOpen, setOpen] = useState(false);
  const name = session.show.value?.info.name ?? "";
  const token = session.grant.token ?? "";
  const ask = async (request: () => Promise<unknown>): Promise<void> => {
    try {
      await request();
      setOpen(false);
      onProblem(null);
      onChange();
    } catch (error) {
      const reason = reasonOf(error);
      onProblem(t("error_generic", { reason }));
    }
  };
  if (deal) {
    const end = (): Promise<void> => api.endDeal(name, token, deal.id);
    return (
      <p class="deal">
        {product.deal === null && t("host_deal_planned", { time: timeOf(deal.starts_ms) })}
        <button class="button small" data-testid="deal_end" onClick={() => void ask(end)}>
          {t("host_deal_end")}
        </button>
      </p>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const body = bodyOf(product, new FormData(event.currentTarget as HTMLFormElement));
    void ask(() => api.announceDeal(name, token, body));
  };
  return (
    <>
      <button
        class="button small"
        aria-expanded={isOpen}
        data-testid="deal_open"
        onClick={() => setOpen(!isOpen)}
      >
        {t("host_deal")}
      </button>
      {isOpen && (
        <form class="deal-form" data-testid="deal_form" onSubmit={submit}>
          {product.variants.length > 1 && (
            <fieldset>
              <legend>{t("order_variant")}</legend>
              {product.variants.map((variant) => (
                <label key={variant.id}>
                  <input type="checkbox" name="variant" value={variant.id} defaultChecked />{" "}
                  {optionsOf(variant)}
                </label>
              ))}
            </fieldset>
          )}
          <FormField of="deal" name="price" label="host_deal_price" mode="decimal" />
          <label class="field">
            <span>{t("host_deal_start")}</span>
            <input name="start" type="datetime-local" data-testid="deal_start" />
          </label>
          <FormField
            of="deal"
            name="countdown"
            label="host_deal_countdown"
            value="30"
            mode="numeric"
          />
          <FormField of="deal" name="minutes" label="host_deal_minutes" value="5" mode="numeric" />
          <FormField of="deal" name="total" label="host_deal_total" value="20" mode="numeric" />
          <FormField
            of="deal"
            name="per_buyer"
            label="host_deal_each"
            value="1"
            isOptional
            mode="numeric"
          />
          <button class="button accent small" data-testid="deal_announce">
            {t("host_deal_announce")}
          </button>
        </form>
      )}
    </>
  );
}

/** What the form says. */
function bodyOf(product: ProductView, form: FormData): DealBody {
  const text = (name: string): string => written(form, name);
  const [each, start] = [text("per_buyer"), text("start")];
  return {
    product: product.id,
    variants: form.getAll("variant").map(String),
    prices: [`${text("price").replace(",", ".")} ${product.price.currency}`],
    countdown_s: Number(text("countdown")),
    length_s: 60 * Number(text("minutes")),
    total: Number(text("total")),
    ...(each === "" ? {} : { per_buyer: Number(each) }),
    ...(start === "" ? {} : { starts_ms: new Date(start).getTime() }),
  };
}

function timeOf(ms: number): string {
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(locale(), style).format(ms);
}
