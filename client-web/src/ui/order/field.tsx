// A line of the order's form, which the browser can fill in.

import type { JSX } from "preact";

export interface FieldProps {
  label: string;
  name:
    | "name"
    | "email"
    | "address-line1"
    | "address-line2"
    | "postal-code"
    | "address-level1"
    | "address-level2";
  testid: string;
  value: string;
  required?: boolean;
  placeholder?: string | undefined;
  onInput: (value: string) => void;
}

export function Field(props: FieldProps): JSX.Element {
  const { label, name, testid, value, required = false, placeholder, onInput } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        autocomplete={name}
        value={value}
        required={required}
        placeholder={placeholder}
        maxLength={200}
        data-testid={testid}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
