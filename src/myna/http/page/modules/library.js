/** What the server has: the caller's voices, and its engines. */

import { conversation } from "./conversation.js";
import { askJson } from "./server.js";

class Library extends EventTarget {
  voices = [];
  engines = [];

  /** Ask the server anew. */
  async refresh() {
    const [{ voices }, { engines }] = await Promise.all([askJson("v1/voices"), askJson("v1/engines")]);
    this.voices = voices;
    this.engines = engines;
    this.dispatchEvent(new Event("change"));
  }
}

export const library = new Library();

conversation.addEventListener("state", () => {
  if (conversation.state === "open") library.refresh().catch(() => {}); // away again: `conversation` tells
});
