// How many: one less, the number, one more.

import type { JSX } from "preact";
import { t } from "../../i18n";
import { MinusIcon, PlusIcon } from "../kit/icons";

export interface StepperProps {
  quantity: number;
  least: number;
  most: number;
  isBusy: boolean;
  /** First part of the test ids. */
  testid: string;
  onQuantity: (quantity: number) => void;
}

export function Stepper(props: StepperProps): JSX.Element {
  const { quantity, least, most, isBusy, testid, onQuantity } = props;
  return (
    <div class="stepper" role="group" aria-label={t("order_quantity")}>
      <button
        type="button"
        class="round quiet"
        aria-label={t("order_fewer")}
        data-testid={`${testid}_fewer`}
        disabled={isBusy || quantity <= least}
        onClick={() => onQuantity(quantity - 1)}
      >
        <MinusIcon />
      </button>
      <output data-testid={`${testid}_quantity`}>{quantity}</output>
      <button
        type="button"
        class="round quiet"
        aria-label={t("order_more")}
        data-testid={`${testid}_more`}
        disabled={isBusy || quantity >= most}
        onClick={() => onQuantity(quantity + 1)}
      >
        <PlusIcon />
      </button>
    </div>
  );
}
