/** Plays recordings, one at a time, also while they still arrive. */

import { SAMPLE_RATE } from "./recording.js";
import { openSink } from "./sinks.js";

const AHEAD = SAMPLE_RATE * 8; // samples handed to the sink beyond what was heard
const PIECE = SAMPLE_RATE / 2; // samples handed over at once

class Player extends EventTarget {
  recording = null;
  state = "idle"; // idle, playing, paused
  starved = 0; // times the sound ran dry in mid-speech since it began
  #sink = null;
  #opening = null;
  #generation = 0;
  #from = 0; // sample where playing began
  #to = Infinity; // sample where it ends
  #fed = 0; // samples
  #played = 0;
  #isTold = false; // the sink knows that nothing more comes
  #feed = () => this.#feedSink();

  /** Prepare to play. Call where the user touches the page: browsers allow sound only then. */
  async open() {
    this.#opening ??= openSink((report) => this.#hear(report));
    this.#sink = await this.#opening;
    await this.#sink.resume();
  }

  /** Play a recording from a time on, or up to another; it may still be arriving. */
  async play(recording, from = 0, to = Infinity) {
    this.#leave();
    this.recording = recording;
    this.#from = this.#fed = Math.round(from * SAMPLE_RATE);
    this.#to = to === Infinity ? Infinity : Math.round(to * SAMPLE_RATE);
    this.#played = 0;
    this.starved = 0;
    this.#isTold = false;
    this.#generation += 1;
    const generation = this.#generation;
    this.#become("playing");
    await this.open();
    if (generation !== this.#generation) return;
    this.#sink.begin(generation);
    recording.addEventListener("growth", this.#feed);
    recording.addEventListener("complete", this.#feed);
    this.#feedSink();
  }

  pause() {
    if (this.state !== "playing") return;
    this.#sink?.pause();
    this.#become("paused");
  }

  resume() {
    if (this.state !== "paused") return;
    this.#sink.resume();
    this.#become("playing");
  }

  stop() {
    if (this.state === "idle") return;
    this.#leave();
    this.#generation += 1;
    this.#sink?.begin(this.#generation);
    this.#become("idle");
  }

  /** Seconds into the recording that are being heard. */
  get position() {
    const delay = this.state === "idle" ? 0 : (this.#sink?.delay ?? 0);
    return Math.max(this.#from, this.#from + this.#played - delay * SAMPLE_RATE) / SAMPLE_RATE;
  }

  #feedSink() {
    const end = Math.min(this.recording.length, this.#to, this.#from + this.#played + AHEAD);
    while (this.#fed < end) {
      const piece = this.recording.between(this.#fed, Math.min(end, this.#fed + PIECE)).slice();
      this.#fed += piece.length;
      this.#sink.feed(piece, this.#generation);
    }
    const isAll = this.#fed >= this.#to || (this.recording.isComplete && this.#fed >= this.recording.length);
    if (isAll && !this.#isTold) {
      this.#isTold = true;
      this.#sink.complete(this.#generation);
    }
  }

  #hear({ generation, played, starved, isOver }) {
    if (generation !== this.#generation || this.state === "idle") return;
    const isFirst = this.#played === 0 && played > 0;
    this.#played = played;
    this.starved = starved;
    if (isFirst) this.dispatchEvent(new Event("audible"));
    if (!this.#isTold) this.#feedSink();
    if (isOver && this.#isTold) this.#end();
  }

  #end() {
    this.#leave();
    this.#from = this.#fed;
    this.#played = 0;
    this.#become("idle");
    this.dispatchEvent(new Event("ended"));
  }

  #leave() {
    this.recording?.removeEventListener("growth", this.#feed);
    this.recording?.removeEventListener("complete", this.#feed);
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

export const player = new Player();
