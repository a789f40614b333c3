// The code of a coupon, typed in and used, or taken off again.

import type { JSX } from "preact";
import { t } from "../../i18n";
import { written } from "../kit/form";

export interface CouponFieldProps {
  /** The one that is used. */
  coupon: string | null;
  busy: boolean;
  onCoupon: (code: string | null) => void;
}

export function CouponField({ coupon, busy, onCoupon }: CouponFieldProps): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = written(new FormData(event.currentTarget as HTMLFormElement), "coupon");
    onCoupon(text === "" ? null : text);
  };
  return (
    <form class="coupon-field" data-testid="coupon" onSubmit={submit}>
      <label class="field">
        <span>{t("order_coupon")}</span>
        <input
          key={coupon}
          name="coupon"
          defaultValue={coupon ?? ""}
          autocomplete="off"
          autocapitalize="characters"
          maxLength={32}
          data-testid="coupon_code"
        />
      </label>
      <button class="button light" data-testid="coupon_use" disabled={busy}>
        {t("order_coupon_use")}
      </button>
    </form>
  );
}
