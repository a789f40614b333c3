// The head of pages that are no show: the way home, and the page's language.

import type { JSX } from "preact";
import { LogoIcon } from "./icons";
import { PageLanguageMenu } from "./language";

export function SiteHead(): JSX.Element {
  return (
    <header class="lobby-head">
      <a class="brand" href="/" aria-label="Vitrine">
        <LogoIcon />
        <span>Vitrine</span>
      </a>
      <PageLanguageMenu buttonClass="round quiet" />
    </header>
  );
}
