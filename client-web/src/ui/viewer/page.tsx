// The viewer's page: picture first, everything else laid over it on a phone and beside it on a
// wide screen. Composition only; each part is in its own file.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Checkout } from "../../state/checkout";
import { Grant } from "../../state/grant";
import { Publication } from "../../state/publication";
import { ShowSession } from "../../state/session";
import { Sheet } from "../kit/dialog";
import { later } from "../kit/later";
import { Chat } from "./chat";
import { MissedLanguage } from "./captions-menu";
import { Controls } from "./controls";
import { Curtain, isCurtained } from "./curtain";
import { News } from "./news";
import { Pins } from "./pins";
import { FloatingReactions } from "./reactions";
import { Shelf } from "./shelf";
import { Stage, type Shape } from "./stage";
import { Subtitles } from "./subtitles";
import { TopBar } from "./top-bar";
import { useImpressions } from "./use-impressions";
import { useWide } from "./use-wide";

const OrderSheet = later(async () => (await import("../order/sheet")).OrderSheet);
const StageBar = later(async () => (await import("./stage-bar")).StageBar);
const TranscriptSheet = later(async () => (await import("./transcript")).TranscriptSheet);

export function ViewerPage({ show: name }: { show: string }): JSX.Element {
  const { session, checkout, camera } = useMemo(() => open(name), [name]);
  const [isShelfOpen, setShelfOpen] = useState(false);
  const [isMuted, setMuted] = useState(() => sessionStorage.getItem("vitrine.sound") !== "on");
  const [shape, setShape] = useState<Shape>("wide");
  const isWide = useWide();
  useEffect(() => {
    session.start();
    void checkout.recover();
    return () => session.stop();
  }, [session, checkout]);
  useImpressions(session);
  useCarts(session, checkout);
  const show = session.show.value;
  const title = show?.info.title;
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Vitrine`;
  }, [title]);
  // With the picture on its way, so that a tap on "Buy" waits for nothing.
  const isKnown = show !== null;
  useEffect(() => {
    if (isKnown) OrderSheet.fetch();
  }, [isKnown]);
  const setSound = (muted: boolean): void => {
    sessionStorage.setItem("vitrine.sound", muted ? "off" : "on");
    setMuted(muted);
  };
  const buy = (id: string): void => {
    setShelfOpen(false);
    session.noticed("tap", id);
    const product = show?.products.find((other) => other.id === id);
    if (product) checkout.open(product);
  };
  const openCart = (): void => {
    setShelfOpen(false);
    checkout.openCart();
  };
  const shelf = show && (
    <Shelf show={show} onBuy={buy} cartLines={checkout.cart.value.length} onCart={openCart} />
  );
  const isHidden = isCurtained(session);
  return (
    <div class="viewer" data-testid="viewer" data-status={session.status.value}>
      <main class="theatre" data-shape={shape}>
        <Stage session={session} isMuted={isMuted} onMuted={setSound} onShape={setShape} />
        <Curtain session={session} />
        <TopBar session={session} />
        {!isHidden && (
          <div class="lower">
            <MissedLanguage session={session} />
            <Subtitles session={session} />
            <News session={session} />
            {show && <Pins show={show} onBuy={buy} />}
            {!isWide && show && <Chat session={session} isOverlay />}
            <Controls
              session={session}
              isMuted={isMuted}
              onMuted={setSound}
              onShelf={() => setShelfOpen(true)}
              showShelf={!isWide}
            />
          </div>
        )}
        {!isHidden && <FloatingReactions session={session} />}
        {session.isOnStage.value && <StageBar camera={camera} />}
      </main>
      {isWide && show && (
        <aside class="side">
          {shelf}
          <Chat session={session} isOverlay={false} />
        </aside>
      )}
      {isShelfOpen && show && (
        <Sheet title={t("shelf")} testid="shelf_sheet" onClose={() => setShelfOpen(false)}>
          {shelf}
        </Sheet>
      )}
      {session.isTranscriptOpen.value && <TranscriptSheet session={session} />}
      {checkout.basket.value.step !== "closed" && (
        <OrderSheet checkout={checkout} session={session} />
      )}
    </div>
  );
}

/** Tells what is laid into the basket; what was there from an earlier visit is no news. */
function useCarts(session: ShowSession, checkout: Checkout): void {
  const lines = checkout.cart.value;
  const before = useRef(lines);
  useEffect(() => {
    const known = new Set(before.current.map(({ product }) => product));
    for (const { product } of lines) {
      if (!known.has(product)) session.noticed("cart", product);
    }
    before.current = lines;
  }, [lines]);
}

function open(name: string): { session: ShowSession; checkout: Checkout; camera: Publication } {
  const grant = new Grant(name, false);
  const session = new ShowSession(grant);
  const camera = new Publication(session, "camera");
  session.onJoined = () => camera.resume();
  session.onLayers = (source, layers) => {
    if (source === "camera") camera.setLayers(layers);
  };
  return {
    session,
    camera,
    checkout: new Checkout({
      show: name,
      token: () => grant.token ?? "",
      leave: (url) => location.assign(url),
    }),
  };
}
