// Messages in the two forms of ICU MessageFormat that ours need: `{name}`, and
// `{n, plural, one {# piece} other {# pieces}}` with the plural categories of CLDR.

export type Values = Readonly<Record<string, string | number>>;

export interface Language {
  /** Locale for plural forms and digits. */
  locale: string;
  isRightToLeft: boolean;
}

const PLURAL = /\{(\w+), plural,((?: *\w+ \{[^{}]*\})+) *\}/g;
const FORM = /(\w+) \{([^{}]*)\}/g;
const PLACEHOLDER = /\{(\w+)\}/g;
/** First strong isolate and its end: a Latin name keeps its own direction in an Arabic sentence. */
const [ISOLATE, END] = ["\u2068", "\u2069"];

/** The message with its values; a value that is not given stays visible as its placeholder. */
export function format(message: string, values: Values, language: Language): string {
  const { locale, isRightToLeft } = language;
  const shown = (value: string | number): string => {
    if (typeof value === "number") return new Intl.NumberFormat(locale).format(value);
    return isRightToLeft ? ISOLATE + value + END : value;
  };
  return message
    .replace(PLURAL, (whole, name: string, forms: string) => {
      const n = values[name];
      return typeof n === "number"
        ? pluralForm(forms, new Intl.PluralRules(locale).select(n)).replaceAll("#", shown(n))
        : whole;
    })
    .replace(PLACEHOLDER, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : shown(value);
    });
}

/** The forms of a message's plurals: each with its categories. */
export function pluralCategories(message: string): string[][] {
  return [...message.matchAll(PLURAL)].map(([, , forms = ""]) =>
    [...forms.matchAll(FORM)].map(([, category = ""]) => category),
  );
}

function pluralForm(forms: string, wanted: Intl.LDMLPluralRule): string {
  const texts = new Map([...forms.matchAll(FORM)].map(([, category, text]) => [category, text]));
  return texts.get(wanted) ?? texts.get("other") ?? "";
}
