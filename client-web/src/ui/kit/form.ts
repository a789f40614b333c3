// Forms as they are submitted.

/** What was written in a field, without spaces around it. */
export function written(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}
