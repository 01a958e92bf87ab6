/** A row of voices to choose one from. */

import { find, make } from "./document.js";
import { library } from "./library.js";

const KEPT = "myna.voice";
const HUES = 8; // colours of the style sheet

/** Return which of the style sheet's colours stands for a voice. */
export function hue(voiceId) {
  return [...voiceId].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) >>> 0, 7) % HUES;
}

/** Return a small coloured sign for a voice: its first letter. */
export const sign = ({ name, id }) =>
  make("span", { class: `sign hue-${hue(id)}`, "aria-hidden": "true" }, [...name][0].toUpperCase());

export class VoicePicker extends EventTarget {
  #place;

  constructor(place) {
    super();
    this.#place = place;
    library.addEventListener("change", () => this.#show());
    place.addEventListener("change", () => {
      localStorage.setItem(KEPT, this.chosen);
      this.dispatchEvent(new Event("change"));
    });
  }

  get chosen() { return find("input:checked", this.#place)?.value ?? ""; }

  choose(name) {
    localStorage.setItem(KEPT, name);
    this.#show();
  }

  #show() {
    const wanted = localStorage.getItem(KEPT) ?? this.chosen;
    const names = library.voices.map(({ name }) => name);
    const chosen = names.includes(wanted) ? wanted : names[0];
    for (const label of this.#place.querySelectorAll("label")) label.remove();
    this.#place.append(...library.voices.map((voice) =>
      make("label", { class: "pill voice" },
        make("input", { type: "radio", name: "voice", value: voice.name, checked: voice.name === chosen }),
        sign(voice), make("span", {}, voice.name))));
  }
}
