/** One take: what is said after one press of Speak, or while one text is typed. */

import { lastRequest } from "../modules/last_request.js";
import { Recording } from "../modules/recording.js";
import { Utterance } from "../modules/utterance.js";

export class Take extends EventTarget {
  recording = new Recording();
  text = "";
  first = 0; // ms from asking to hearing
  factor = 0; // seconds of work for a second of speech
  state = "speaking"; // speaking, broken, finished, cancelled, failed
  #asked = performance.now();
  #utterance = null;

  /** `manner`: how to say it, as the server takes it. */
  constructor(manner) {
    super();
    this.manner = manner;
  }

  get isOver() { return ["finished", "cancelled", "failed"].includes(this.state); }

  /** Say a whole text. */
  speak(text) {
    this.write(text);
    this.end();
  }

  /** Say more. */
  write(text) {
    this.text += text;
    this.dispatchEvent(new CustomEvent("text", { detail: text }));
    this.#open().write(text);
  }

  /** Say what is there, even in mid-sentence. */
  flush() { this.#utterance?.flush(); }

  /** The text is complete. */
  end() { this.#utterance?.end(); }

  cancel() {
    this.#utterance?.cancel();
    if (!this.isOver) this.#become("cancelled");
    this.recording.complete();
  }

  /** Something is heard: if it is this take for the first time, note how long that took. */
  heard(recording) {
    if (recording !== this.recording || this.first) return;
    this.first = performance.now() - this.#asked;
    if (lastRequest.figures && this.isOver) lastRequest.note({ ...lastRequest.figures, first: this.first });
    this.dispatchEvent(new Event("change"));
  }

  #open() {
    if (this.#utterance && !this.#utterance.isOver) return this.#utterance;
    const utterance = new Utterance(this.manner, this.recording);
    utterance.addEventListener("lost", () => this.#become("broken"));
    utterance.addEventListener("found", () => this.#become("speaking"));
    utterance.addEventListener("done", ({ detail }) => {
      this.factor = detail.factor;
      const { first, factor, manner } = this;
      lastRequest.note({ first, factor, seconds: this.recording.duration, engine: manner.engine });
      this.recording.complete();
      this.#become("finished");
    });
    utterance.addEventListener("failed", ({ detail }) => {
      this.recording.complete();
      this.#become("failed");
      this.dispatchEvent(new CustomEvent("failed", { detail: detail.error }));
    });
    this.#utterance = utterance;
    return utterance;
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
