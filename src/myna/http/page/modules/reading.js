/** A text on the page whose words light up as they are spoken. */

import { make } from "./document.js";

const GONE = 0.25; // seconds a word stays lit when the next is not known yet

/** Return where each word stands in the text: {first, last} in UTF-16 units, null if it does not. */
export function located(text, words, from = 0) {
  let reached = from;
  return words.map(({ text: word }) => {
    const first = text.indexOf(word, reached);
    if (first < 0) return null;
    reached = first + word.length;
    return { first, last: reached };
  });
}

export class Reading {
  #place;
  #text = "";
  #tail = null; // the text node of what has no times yet
  #reached = 0;
  #timed = []; // {span, start, end}
  #lit = null;

  /** `seek` is called with seconds when somebody clicks a word. */
  constructor(place, seek) {
    this.#place = place;
    place.addEventListener("click", ({ target }) => {
      const word = this.#timed.find(({ span }) => span === target);
      if (word) seek(word.start);
    });
  }

  begin(text = "") {
    this.#text = "";
    this.#reached = 0;
    this.#timed = [];
    this.#lit = null;
    this.#tail = document.createTextNode("");
    this.#place.replaceChildren(this.#tail);
    this.#place.scrollTop = 0;
    this.write(text);
  }

  /** Add text at the end. */
  write(text) {
    this.#text += text;
    this.#tail.data += text;
  }

  /** Give words of the text their times. */
  time(words) {
    located(this.#text, words, this.#reached).forEach((found, index) => {
      if (!found) return;
      const span = make("span", { class: "word" }, this.#text.slice(found.first, found.last));
      const before = this.#text.slice(this.#reached, found.first);
      this.#tail.before(before, span);
      this.#reached = found.last;
      this.#timed.push({ span, start: words[index].start, end: words[index].end });
    });
    this.#tail.data = this.#text.slice(this.#reached);
  }

  /** Light the word that is said at this time; null: none. */
  show(seconds) {
    const word = seconds === null ? null : this.#at(seconds);
    if (word === this.#lit) return;
    this.#lit?.span.classList.remove("lit");
    this.#lit = word;
    if (!word) return;
    word.span.classList.add("lit");
    this.#keepInSight(word.span);
  }

  #at(seconds) {
    let low = 0;
    let high = this.#timed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timed[middle].start <= seconds) low = middle + 1;
      else high = middle;
    }
    const word = this.#timed[low - 1];
    return word && seconds < word.end + GONE ? word : null;
  }

  #keepInSight(span) {
    const { top, bottom } = this.#place.getBoundingClientRect();
    const here = span.getBoundingClientRect();
    if (here.top < top || here.bottom > bottom - here.height) {
      this.#place.scrollTop += here.top - top - (bottom - top) / 3;
    }
  }
}
