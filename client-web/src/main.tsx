// Finds out which page this is and draws it. The viewer's page comes at once, the others are fetched
// by those who open them.

import "./style/brand.css";
import "./style/tokens.css";
import "./style/base.css";
import "./style/kit.css";
import "./style/lobby.css";
import "./style/viewer.css";
import { render } from "preact";
import { startLanguage } from "./i18n";
import { startLook } from "./state/caption-look";
import { ViewerPage } from "./ui/viewer/page";

async function draw(root: HTMLElement): Promise<void> {
  startLook();
  await startLanguage();
  const [, area, name] = location.pathname.split("/");
  const show = decodeURIComponent(name ?? "");
  if (area === "s" && show) {
    render(<ViewerPage show={show} />, root);
  } else if (area === "o" && show) {
    const { OrderPage } = await import("./ui/order/status");
    render(<OrderPage id={show} />, root);
  } else if (area === "host" && show) {
    const { HostPage } = await import("./ui/host/page");
    render(<HostPage show={show} />, root);
  } else {
    const { Lobby } = await import("./ui/lobby/lobby");
    render(<Lobby />, root);
  }
}

const root = document.getElementById("app");
if (root) void draw(root);
