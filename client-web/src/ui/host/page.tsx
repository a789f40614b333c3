// The host console: picture and health, shelf with pin buttons, orders, chat, invitation.

import "../../style/host.css";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../../i18n";
import * as api from "../../net/api";
import { isCameraPossible } from "../../net/devices";
import { Grant } from "../../state/grant";
import { Publication } from "../../state/publication";
import { ShowSession } from "../../state/session";
import { EyeIcon, LogoIcon, WarnIcon } from "../kit/icons";
import { PageLanguageMenu } from "../kit/language";
import { Chat } from "../viewer/chat";
import { TranscriptSheet } from "../viewer/transcript";
import { Orders } from "./orders";
import { Plan } from "./plan";
import { Coupons } from "./coupons";
import { HostShelf } from "./shelf";
import { Stats } from "./stats";
import { Studio } from "./studio";
import { Invite } from "./invite";

export function HostPage({ show: name }: { show: string }): JSX.Element {
  const { session, camera, screen } = useMemo(() => open(name), [name]);
  useEffect(() => {
    session.start();
    return () => session.stop();
  }, [session]);
  const show = session.show.value;
  const ended = session.ended.value;
  const title = show?.info.title;
  useEffect(() => {
    document.title = `${title ?? name} · ${t("host_title")}`;
  }, [title]);
  if (ended && ended.reason !== "ended") return <Refused name={name} message={ended.message} />;
  const isLost = show !== null && session.status.value !== "online";
  return (
    <div class="host" data-testid="host" data-status={session.status.value}>
      <header class="host-head">
        <a class="brand" href="/" aria-label={t("back_to_lobby")}>
          <LogoIcon />
        </a>
        <div class="host-title">
          <h1>{title ?? name}</h1>
          <p>{t("host_title")}</p>
        </div>
        {show?.info.phase === "live" && <span class="badge live">{t("live")}</span>}
        <span
          class="badge"
          data-testid="host_viewers"
          title={t("viewers", { n: session.viewers.value })}
        >
          <EyeIcon />
          <span class="visually-hidden">{t("viewers", { n: session.viewers.value })}</span>
          <span aria-hidden="true">{session.viewers.value}</span>
        </span>
        <PageLanguageMenu buttonClass="round quiet" />
      </header>
      {isLost && (
        <p class="banner" role="status" data-testid="viewer_reconnecting">
          <span class="spinner" aria-hidden="true" />
          {t("reconnecting")}
        </p>
      )}
      {!isCameraPossible() && <Insecure token={session.grant.token} />}
      <main class="host-grid">
        <div class="column">
          <Studio session={session} camera={camera} screen={screen} />
          <Chat session={session} isOverlay={false} />
        </div>
        <HostShelf session={session} show={show} />
        <div class="column">
          <Orders session={session} />
          <Stats session={session} />
          <Plan session={session} />
          <Coupons session={session} />
          <Invite show={name} />
        </div>
      </main>
      <TranscriptSheet session={session} />
    </div>
  );
}

function open(name: string): { session: ShowSession; camera: Publication; screen: Publication } {
  const session = new ShowSession(new Grant(name, true));
  const camera = new Publication(session, "camera");
  const screen = new Publication(session, "screen");
  session.onJoined = () => {
    camera.resume();
    screen.resume();
  };
  session.onLayers = (source, layers) => (source === "camera" ? camera : screen).setLayers(layers);
  return { session, camera, screen };
}

/** Says where the camera works: this server's own HTTPS door when it has one. */
function Insecure({ token }: { token: string | null }): JSX.Element {
  const [port, setPort] = useState<number | null>(null);
  useEffect(() => {
    api.server().then(
      ({ secure_port }) => setPort(secure_port),
      () => undefined,
    );
  }, []);
  const door = `https://${location.hostname}:${port ?? ""}${location.pathname}`;
  return (
    <section class="insecure" role="alert" data-testid="host_insecure">
      <WarnIcon />
      <div>
        <h2>{t("insecure_title")}</h2>
        <p>{t("insecure_text")}</p>
        <p class="insecure-links">
          {port !== null && (
            <a href={`${door}#token=${token ?? ""}`} data-testid="host_secure_door">
              {door}
            </a>
          )}
          <a href="/trust">{t("insecure_link")}</a>
        </p>
      </div>
    </section>
  );
}

function Refused({ name, message }: { name: string; message: string }): JSX.Element {
  return (
    <div class="curtain page" data-testid="host_refused">
      <LogoIcon />
      <h2>{t("host_token_title")}</h2>
      <p>{message}</p>
      <p>{t("host_token_text")}</p>
      <pre>{`vitrine token --show ${name} --role host --ttl 12h\n\n${location.origin}/host/${name}#token=…`}</pre>
    </div>
  );
}
