// Forms as they are submitted, and their fields.

import type { JSX } from "preact";
import { t, type MessageKey } from "../../i18n";

/** What was written in a field, without spaces around it. */
export function written(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

interface FormFieldProps {
  /** Whose form it is, before its name in tests. */
  of: string;
  name: string;
  label: MessageKey;
  value?: string;
  mode?: "decimal" | "numeric" | "text";
  isOptional?: boolean;
}

/** A field that is needed unless it says otherwise. */
export function FormField(props: FormFieldProps): JSX.Element {
  const { of, name, label, value = "", mode = "text", isOptional = false } = props;
  return (
    <label class="field">
      <span>{t(label)}</span>
      <input
        name={name}
        defaultValue={value}
        inputMode={mode}
        required={!isOptional}
        data-testid={`${of}_${name}`}
      />
    </label>
  );
}
