// Who this page is: a grant from the link's fragment, from this tab's earlier visit, or a fresh
// viewer grant for a public show. Tokens never leave the fragment and sessionStorage.

import * as api from "../net/api";
import { Refusal } from "../net/socket";

const NAME_SLOT = "vitrine.name";

export class Grant {
  private readonly slot: string;

  constructor(
    private readonly show: string,
    /** A host console is never given a viewer's grant instead. */
    private readonly isPrivileged: boolean,
  ) {
    this.slot = `vitrine.token.${isPrivileged ? "host." : ""}${show}`;
    const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
    if (fragment) {
      sessionStorage.setItem(this.slot, fragment);
      // Out of the address bar, so that a shared link or a screenshot does not give it away.
      history.replaceState(null, "", location.pathname + location.search);
    }
  }

  get token(): string | null {
    return sessionStorage.getItem(this.slot);
  }

  get name(): string | null {
    return localStorage.getItem(NAME_SLOT);
  }

  set name(name: string | null) {
    if (name) localStorage.setItem(NAME_SLOT, name);
    else localStorage.removeItem(NAME_SLOT);
  }

  /** A one-time ticket, with a new viewer grant when there is none or it has run out. */
  async ticket(): Promise<string> {
    const { token } = this;
    if (token) {
      try {
        return (await api.ticket(token)).ticket;
      } catch (error) {
        if (!(error instanceof api.Problem) || ![401, 403].includes(error.status)) throw error;
        sessionStorage.removeItem(this.slot);
        if (this.isPrivileged) throw new Refusal("bad_token", error.message, null);
      }
    }
    if (this.isPrivileged) throw new Refusal("no_token", "a host token is needed", null);
    return this.visit();
  }

  private async visit(): Promise<string> {
    try {
      const visit = await api.visit(this.show);
      sessionStorage.setItem(this.slot, visit.token);
      return visit.ticket;
    } catch (error) {
      if (error instanceof api.Problem && error.status === 404) {
        throw new Refusal("unknown_show", error.message, null);
      }
      if (error instanceof api.Problem && error.status === 403) {
        throw new Refusal("private_show", error.message, null);
      }
      throw error;
    }
  }
}
