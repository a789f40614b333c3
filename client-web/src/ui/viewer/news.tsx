// A new price, or that something is gone: said for a moment, when the picture is there.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, pageLanguage, t } from "../../i18n";
import { formatMoney } from "../../state/money";
import type { ShowSession } from "../../state/session";
import { titleOf } from "../kit/price";

const SHOWN_MS = 6_000;

export function News({ session }: { session: ShowSession }): JSX.Element | null {
  const news = session.news.value;
  const [past, setPast] = useState(news);
  useEffect(() => {
    const timer = setTimeout(() => setPast(news), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [news]);
  const product = session.show.value?.products.find(({ id }) => id === news?.product);
  if (news === null || news === past || !product) return null;
  const title = titleOf(product, pageLanguage.value);
  const text =
    news.event === "sold_out"
      ? t("news_sold_out", { title })
      : t("news_price", { title, price: formatMoney(news.price, locale()) });
  return (
    <p class="news" role="status" data-testid="news">
      {text}
    </p>
  );
}
