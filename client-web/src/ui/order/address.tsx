// Where the parcel goes: the fields its country's addresses need, as the server told them.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { AddressBody, AddressRules } from "../../net/protocol.gen";
import { Field } from "./field";
import { countryName } from "../../state/countries";

export interface AddressDraft {
  street: string;
  more: string;
  postal: string;
  city: string;
  region: string;
}

export const EMPTY_ADDRESS: AddressDraft = {
  street: "",
  more: "",
  postal: "",
  city: "",
  region: "",
};

/** What is sent of a draft; parts that were left empty are left out. */
export function addressBody(draft: AddressDraft, country: string): AddressBody {
  const { street, more, postal, city, region } = draft;
  const body: AddressBody = {
    lines: [street, more].map((line) => line.trim()).filter((line) => line !== ""),
    city: city.trim(),
    country,
  };
  if (postal.trim() !== "") body.postal_code = postal.trim();
  if (region.trim() !== "") body.region = region.trim();
  return body;
}

export interface AddressProps {
  country: string;
  rules: AddressRules;
  draft: AddressDraft;
  onInput: (draft: AddressDraft) => void;
}

export function Address({ country, rules, draft, onInput }: AddressProps): JSX.Element {
  const set = (field: keyof AddressDraft) => (value: string) =>
    onInput({ ...draft, [field]: value });
  return (
    <fieldset class="address" data-testid="order_address">
      <legend>{t("address_title", { country: countryName(country, locale()) })}</legend>
      <Field
        label={t("address_street")}
        name="address-line1"
        testid="address_street"
        value={draft.street}
        onInput={set("street")}
        required
      />
      <Field
        label={t("address_more")}
        name="address-line2"
        testid="address_more"
        value={draft.more}
        onInput={set("more")}
      />
      {(rules.needs_postal_code || rules.postal_codes.length === 0) && (
        <Field
          label={t("address_postal")}
          name="postal-code"
          testid="address_postal"
          value={draft.postal}
          placeholder={rules.postal_codes[0]}
          onInput={set("postal")}
          required={rules.needs_postal_code}
        />
      )}
      <Field
        label={t("address_city")}
        name="address-level2"
        testid="address_city"
        value={draft.city}
        onInput={set("city")}
        required
      />
      {rules.needs_region && (
        <Field
          label={t("address_region")}
          name="address-level1"
          testid="address_region"
          value={draft.region}
          onInput={set("region")}
          required
        />
      )}
    </fieldset>
  );
}
