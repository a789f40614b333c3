// Countries by ISO 3166-1 alpha-2 code; the browser knows their names.

const CODES =
  "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCL" +
  "CMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGU" +
  "GWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMC" +
  "MDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPT" +
  "PWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUA" +
  "UGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/** The countries of a merchant's list, `*` being all others, named for the reader and sorted. */
export function countryChoices(
  codes: readonly string[],
  locale: string,
): { code: string; name: string }[] {
  const all = codes.includes("*") ? (CODES.match(/../g) ?? []) : codes;
  const name = namer(locale);
  return all
    .map((code) => ({ code, name: name(code) }))
    .sort((a, b) => a.name.localeCompare(b.name, locale));
}

/** What a country is called in a language; its code where that does not know it. */
export function countryName(code: string, locale: string): string {
  return namer(locale)(code);
}

function namer(locale: string): (code: string) => string {
  const names = new Intl.DisplayNames([locale], { type: "region" });
  return (code) => names.of(code) ?? code;
}
