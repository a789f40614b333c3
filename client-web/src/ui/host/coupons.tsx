// The merchant's coupons: how often each is used, and a form for another.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import * as api from "../../net/api";
import type { CouponBody, CouponView } from "../../net/protocol.gen";
import { formatMoney } from "../../state/money";
import type { ShowSession } from "../../state/session";
import { FormField, written } from "../kit/form";
import { reasonOf } from "../../state/reason";

export function Coupons({ session }: { session: ShowSession }): JSX.Element {
  const [coupons, setCoupons] = useState<CouponView[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const isOnline = session.status.value === "online";
  const token = session.grant.token ?? "";
  const ask = async (request: () => Promise<unknown>): Promise<void> => {
    try {
      await request();
      setCoupons(await api.listCoupons(token));
      setProblem(null);
    } catch (error) {
      const reason = reasonOf(error);
      setProblem(t("error_generic", { reason }));
    }
  };
  useEffect(() => {
    if (isOnline && token !== "") void ask(() => Promise.resolve());
  }, [isOnline, token]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const [code, body] = couponOf(new FormData(form));
    void ask(async () => {
      await api.putCoupon(token, code, body);
      form.reset();
    });
  };
  return (
    <details class="panel coupons" data-testid="coupons">
      <summary class="panel-title">
        {t("host_coupons")} <span>{coupons.length}</span>
      </summary>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul>
        {coupons.map((coupon) => (
          <li key={coupon.code} class="order-line" data-testid="coupons_row">
            <b>{coupon.code}</b> <span>{worth(coupon)}</span>
            <span>{t("host_coupon_uses", { n: coupon.taken })}</span>
            <button
              class="button quiet small"
              data-testid="coupons_remove"
              onClick={() => void ask(() => api.removeCoupon(token, coupon.code))}
            >
              {t("host_coupon_remove")}
            </button>
          </li>
        ))}
      </ul>
      <form class="deal-form" onSubmit={submit}>
        <FormField of="coupons" name="code" label="host_coupon_code" />
        <FormField of="coupons" name="off" label="host_coupon_off" />
        <FormField of="coupons" name="total" label="host_coupon_total" isOptional />
        <FormField of="coupons" name="per_buyer" label="host_coupon_each" isOptional />
        <button class="button accent small" data-testid="coupons_save">
          {t("host_coupon_save")}
        </button>
      </form>
    </details>
  );
}

function worth({ percent, amount }: CouponView): string {
  if (amount) return formatMoney(amount, locale());
  const style = { style: "percent" } as const;
  return new Intl.NumberFormat(locale(), style).format((percent ?? 0) / 100);
}

/** What the form says: `10` and `10 %` are hundredths, `5 EUR` is an amount. */
function couponOf(form: FormData): [string, CouponBody] {
  const text = (name: string): string => written(form, name);
  const [off, total, each] = [text("off"), text("total"), text("per_buyer")];
  const percent = /^(\d+) *%?$/.exec(off)?.[1];
  return [
    text("code"),
    {
      ...(percent === undefined ? { amount: off.replace(",", ".") } : { percent: Number(percent) }),
      ...(total === "" ? {} : { total: Number(total) }),
      ...(each === "" ? {} : { per_buyer: Number(each) }),
    },
  ];
}
