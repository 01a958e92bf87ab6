/** The words of a recording as buttons; one or several in a row can be chosen.
 *
 * Fires `change` whenever others are chosen, and `done` when the choice is made.
 */

import { make } from "../modules/document.js";

const AFTER = /^(\S*)([\s\S]*)$/; // a word: what stays with it, and what comes then

export class WordPicker extends EventTarget {
  #place;
  #anchor = -1; // index of the word chosen first
  #focus = -1; // index of the word chosen last

  constructor(place) {
    super();
    this.#place = place;
    place.addEventListener("click", ({ target, shiftKey, pointerType }) => {
      const index = this.#words.indexOf(target);
      if (index < 0) return;
      const [first, last] = this.chosen ?? [-2, -2];
      const isTapBeside = pointerType === "touch" && (index === first - 1 || index === last + 1);
      if (isTapBeside) this.#choose(index < first ? last : first, index); // fingers have no Shift
      else this.#choose(shiftKey && this.#anchor >= 0 ? this.#anchor : index, index);
      this.dispatchEvent(new Event("done"));
    });
    place.addEventListener("keydown", (event) => this.#move(event));
  }

  get #words() { return [...this.#place.querySelectorAll("button")]; }

  /** First and last index of what is chosen, or null. */
  get chosen() {
    if (this.#anchor < 0) return null;
    return [Math.min(this.#anchor, this.#focus), Math.max(this.#anchor, this.#focus)];
  }

  /** Show a text; `places` say where its words stand. `fresh` words were changed last. */
  show(text, places, fresh = () => false) {
    this.#anchor = this.#focus = -1;
    this.#place.replaceChildren(...places.flatMap(({ first, last }, index) => {
      const button = make("button", {
        type: "button", class: fresh(index) ? "pick fresh" : "pick", "aria-pressed": "false", tabindex: index ? "-1" : "0",
      }, text.slice(first, last));
      const before = index ? "" : text.slice(0, first);
      const [, marks, space] = AFTER.exec(text.slice(last, places[index + 1]?.first));
      // A full stop stays with its word where the line breaks.
      return [before, make("span", { class: "together" }, button, marks), space];
    }));
  }

  /** Light the word that is heard; null: none. */
  light(index) {
    this.#words.forEach((word, i) => word.classList.toggle("lit", i === index));
  }

  #choose(anchor, focus) {
    this.#anchor = anchor;
    this.#focus = focus;
    const chosen = this.chosen;
    this.#words.forEach((word, index) => {
      const isChosen = chosen !== null && index >= chosen[0] && index <= chosen[1];
      word.setAttribute("aria-pressed", String(isChosen));
      if (index === focus) word.tabIndex = 0;
      else if (focus >= 0) word.tabIndex = -1;
    });
    this.dispatchEvent(new Event("change"));
  }

  #move(event) {
    const words = this.#words;
    const at = words.indexOf(event.target);
    const [first, last] = this.chosen ?? [-1, -1];
    if (event.key === "Enter" && at >= first && at <= last && at >= 0) {
      event.preventDefault(); // a click would choose this word alone
      this.dispatchEvent(new Event("done"));
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || !step || !words[at + step]) return;
    event.preventDefault();
    words[at].tabIndex = -1;
    words[at + step].tabIndex = 0;
    words[at + step].focus();
    if (event.shiftKey) this.#choose(this.#anchor < 0 ? at : this.#anchor, at + step);
  }
}
