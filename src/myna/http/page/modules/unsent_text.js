/** Which part of a text that is still being typed has not been sent to be spoken. */

const COMPLETE = /^[\s\S]*[\s.,!?;:。、！？…]/; // up to the last character that ends a word

export class UnsentText {
  isFresh = false; // something was sent since somebody last looked
  #sent;
  #seen;

  constructor(text) {
    this.#sent = this.#seen = text;
  }

  /** Return what can be sent now: whole words only, the last may still change. */
  words(text) { return this.#take(text, COMPLETE.exec(this.#unsent(text))?.[0] ?? ""); }

  /** Return all that was not sent. */
  rest(text) { return this.#take(text, this.#unsent(text)); }

  #unsent(text) {
    if (!text.startsWith(this.#sent)) {
      // What was spoken already has been changed: that is not said again, what follows it is.
      const tail = this.#seen.slice(this.#sent.length);
      this.#sent = tail && text.endsWith(tail) ? text.slice(0, text.length - tail.length) : text;
    }
    this.#seen = text;
    return text.slice(this.#sent.length);
  }

  #take(text, words) {
    this.#sent = text.slice(0, this.#sent.length + words.length);
    this.isFresh ||= words !== "";
    return words;
  }
}
