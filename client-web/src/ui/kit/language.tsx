// The menu of page languages.

import type { JSX } from "preact";
import { PAGE_LANGUAGES, pageLanguage, setPageLanguage, t } from "../../i18n";
import { GlobeIcon } from "./icons";
import { Menu } from "./menu";

export function PageLanguageMenu({ buttonClass }: { buttonClass?: string }): JSX.Element {
  return (
    <Menu
      label={t("menu_language")}
      testid="page_language"
      choices={PAGE_LANGUAGES.map(({ tag, name }) => ({ value: tag, label: name, lang: tag }))}
      value={pageLanguage.value}
      onChoose={(tag) => void setPageLanguage(tag)}
      {...(buttonClass !== undefined ? { buttonClass } : {})}
    >
      <GlobeIcon />
    </Menu>
  );
}
