/** Sound as it arrives: 16-bit mono samples, the words in it, and its outline. */

export const SAMPLE_RATE = 48_000; // Hz, of everything the page plays
export const PEAK_SAMPLES = 240; // samples for one peak of the outline: 5 ms

export class Recording extends EventTarget {
  words = []; // {text, start, end} in seconds
  isComplete = false;
  length = 0; // samples
  #samples = new Int16Array(SAMPLE_RATE * 10);
  #peaks = new Int16Array(2 * 2048); // lowest and highest of each PEAK_SAMPLES
  #peaked = 0; // samples

  /** Return a recording of samples that are all there, in [-1, 1]. */
  static of(samples, words = []) {
    const recording = new Recording();
    recording.append(Int16Array.from(samples, (s) => Math.max(-32768, Math.min(32767, Math.round(s * 32768)))));
    recording.words = words;
    recording.complete();
    return recording;
  }

  get duration() { return this.length / SAMPLE_RATE; }

  append(samples) {
    if (this.length + samples.length > this.#samples.length) {
      this.#samples = grown(this.#samples, this.length + samples.length);
    }
    this.#samples.set(samples, this.length);
    this.length += samples.length;
    this.#measure();
    this.dispatchEvent(new Event("growth"));
  }

  addWords(words) {
    this.words.push(...words);
    this.dispatchEvent(new CustomEvent("words", { detail: words }));
  }

  /** Nothing more comes. */
  complete() {
    this.isComplete = true;
    this.#measure();
    this.dispatchEvent(new Event("complete"));
  }

  /** Return samples from `start` up to `end`; a view, not a copy. */
  between(start, end) {
    return this.#samples.subarray(Math.max(0, start), Math.min(this.length, end));
  }

  /** Return the lowest and highest sample of each PEAK_SAMPLES, in pairs. */
  get peaks() {
    return this.#peaks.subarray(0, 2 * Math.ceil(this.#peaked / PEAK_SAMPLES));
  }

  #measure() {
    const until = this.isComplete ? this.length : this.length - (this.length % PEAK_SAMPLES);
    const count = Math.ceil(until / PEAK_SAMPLES);
    if (2 * count > this.#peaks.length) this.#peaks = grown(this.#peaks, 2 * count);
    for (let at = this.#peaked; at < until; at += PEAK_SAMPLES) {
      let low = 0;
      let high = 0;
      for (let i = at; i < Math.min(until, at + PEAK_SAMPLES); i += 1) {
        low = Math.min(low, this.#samples[i]);
        high = Math.max(high, this.#samples[i]);
      }
      this.#peaks[(2 * at) / PEAK_SAMPLES] = low;
      this.#peaks[(2 * at) / PEAK_SAMPLES + 1] = high;
    }
    this.#peaked = Math.max(this.#peaked, until);
  }
}

function grown(array, needed) {
  const larger = new Int16Array(Math.max(needed, 2 * array.length));
  larger.set(array);
  return larger;
}
