/** One speech on its way from the server: sound and words into a recording, across broken lines. */

import { conversation } from "./conversation.js";
import { SAMPLE_RATE } from "./recording.js";

/** Speaks one text (or a text still being typed) into a recording.
 *
 * The manner has a seed, so a line that breaks in mid-speech is no loss: once the server is back the
 * same speech is asked for again, and what had arrived before is skipped.
 */
export class Utterance extends EventTarget {
  isOver = false;
  #manner;
  #recording;
  #text = "";
  #isEnded = false;
  #id = null;
  #offset; // samples of the recording before this utterance
  #words = 0; // of this utterance that are in the recording
  #skip = 0; // samples still to be skipped
  #skipWords = 0;
  #asked = performance.now();
  #again = () => this.#askAgain();

  constructor(manner, recording) {
    super();
    this.#manner = { ...manner, format: "pcm", sample_rate: SAMPLE_RATE, timestamps: true };
    this.#recording = recording;
    this.#offset = recording.length;
    this.#ask();
  }

  write(text) {
    this.#text += text;
    if (this.#id) conversation.write(this.#id, text);
  }

  flush() { if (this.#id) conversation.flush(this.#id); }

  end() {
    this.#isEnded = true;
    if (this.#id) conversation.end(this.#id);
  }

  cancel() {
    if (this.isOver) return;
    if (this.#id) conversation.cancel(this.#id);
    this.#finish("cancelled");
  }

  #ask() {
    this.#id = conversation.start(this.#manner, {
      started: () => {},
      sound: (data) => this.#hear(new Int16Array(data)),
      words: (words) => this.#time(words),
      done: () => this.#finish("done"),
      failed: (error) => this.#finish("failed", error),
      lost: () => this.#lose(),
    });
  }

  #lose() {
    this.#id = null;
    conversation.addEventListener("state", this.#again);
    this.dispatchEvent(new Event("lost"));
  }

  #askAgain() {
    if (conversation.state !== "open" || this.isOver) return;
    conversation.removeEventListener("state", this.#again);
    this.#skip = this.#recording.length - this.#offset;
    this.#skipWords = this.#words;
    this.#ask();
    conversation.write(this.#id, this.#text);
    if (this.#isEnded) conversation.end(this.#id);
    this.dispatchEvent(new Event("found"));
  }

  #hear(samples) {
    const skipped = Math.min(this.#skip, samples.length);
    this.#skip -= skipped;
    if (skipped === samples.length) return;
    if (this.#recording.length === this.#offset) this.#tell("first", { ms: performance.now() - this.#asked });
    this.#recording.append(samples.subarray(skipped));
  }

  #time(words) {
    const skipped = Math.min(this.#skipWords, words.length);
    this.#skipWords -= skipped;
    const shift = this.#offset / SAMPLE_RATE;
    const fresh = words.slice(skipped)
      .map(({ text, start, end }) => ({ text, start: start + shift, end: end + shift }));
    this.#words += fresh.length;
    if (fresh.length) this.#recording.addWords(fresh);
  }

  #finish(how, error = null) {
    this.isOver = true;
    conversation.removeEventListener("state", this.#again);
    const seconds = (performance.now() - this.#asked) / 1000;
    this.#tell(how, { error, factor: (seconds * SAMPLE_RATE) / (this.#recording.length - this.#offset) });
  }

  #tell(event, detail) { this.dispatchEvent(new CustomEvent(event, { detail })); }
}
