// What proves the product genuine: its certificate, and a look-up of serial numbers.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import * as api from "../../net/api";
import type { AuthenticityView, SerialView } from "../../net/protocol.gen";
import { reasonOf } from "../../state/reason";

export function Authenticity({ product }: { product: string }): JSX.Element | null {
  const [proof, setProof] = useState<AuthenticityView | null>(null);
  useEffect(() => {
    let isCurrent = true;
    setProof(null);
    api.authenticity(product).then(
      (found) => isCurrent && setProof(found),
      // Nobody misses a proof they did not ask for.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [product]);
  if (!proof || (proof.certificate === null && !proof.has_serials)) return null;
  return (
    <details class="authenticity" data-testid="authenticity">
      <summary>{t("genuine")}</summary>
      {proof.certificate !== null && (
        <a href={proof.certificate} target="_blank" rel="noopener">
          {t("genuine_certificate")}
        </a>
      )}
      {proof.has_serials && <SerialCheck product={product} />}
    </details>
  );
}

function SerialCheck({ product }: { product: string }): JSX.Element {
  const [answer, setAnswer] = useState<string | null>(null);
  const check = async (serial: string): Promise<void> => {
    try {
      setAnswer(told(await api.checkSerial(product, serial)));
    } catch (error) {
      const reason = reasonOf(error);
      setAnswer(t("error_generic", { reason }));
    }
  };
  return (
    <form
      class="serial"
      onSubmit={(event) => {
        event.preventDefault();
        const serial = new FormData(event.currentTarget).get("serial");
        if (typeof serial === "string") void check(serial);
      }}
    >
      <label class="field">
        <span>{t("genuine_serial")}</span>
        <input
          name="serial"
          required
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          data-testid="serial"
        />
      </label>
      <button class="button" data-testid="serial_check">
        {t("genuine_check")}
      </button>
      {answer !== null && (
        <p role="status" data-testid="serial_answer">
          {answer}
        </p>
      )}
    </form>
  );
}

function told(found: SerialView): string {
  if (!found.is_known) return t("genuine_unknown");
  if (found.first_ms === null) return t("genuine_first");
  const date = new Date(found.first_ms).toLocaleDateString(locale());
  return t("genuine_again", { n: found.checks_before, date });
}
