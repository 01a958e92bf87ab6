/** Plays 16-bit samples from a ring buffer, without a gap as long as there are some. */

const CAPACITY = 48_000 * 20; // samples
const FIRST_FILL = 2400; // samples before it starts: 50 ms
const REFILL = 9600; // samples before it goes on after it ran dry: 200 ms
const REPORT_EVERY = 8; // blocks of 128 samples
const FADE = 96; // samples: what begins or breaks off in mid-sound must not click

class Playback extends AudioWorkletProcessor {
  #ring = new Int16Array(CAPACITY);
  #read = 0;
  #filled = 0;
  #played = 0;
  #needed = FIRST_FILL;
  #isComplete = false;
  #isPaused = false;
  #generation = 0;
  #starved = 0; // times it ran dry in mid-speech
  #blocks = 0;
  #gain = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data);
  }

  #take({ type, samples, generation }) {
    if (type === "begin") {
      this.#generation = generation;
      this.#read = this.#filled = this.#played = this.#starved = this.#gain = 0;
      this.#needed = FIRST_FILL;
      this.#isComplete = this.#isPaused = false;
    } else if (type === "samples" && generation === this.#generation) this.#fill(samples);
    else if (type === "complete" && generation === this.#generation) this.#isComplete = true;
    else if (type === "pause") this.#isPaused = true;
    else if (type === "resume") this.#isPaused = false;
  }

  #fill(samples) {
    const start = (this.#read + this.#filled) % CAPACITY;
    const first = samples.subarray(0, CAPACITY - start);
    this.#ring.set(first, start);
    this.#ring.set(samples.subarray(first.length), 0);
    this.#filled += samples.length;
  }

  process(_, [[output, ...others]]) {
    const wanted = this.#isPaused || !this.#hasEnough() ? 0 : Math.min(output.length, this.#filled);
    for (let i = 0; i < wanted; i += 1) {
      this.#gain = Math.min(1, this.#gain + 1 / FADE);
      output[i] = (this.#ring[(this.#read + i) % CAPACITY] / 32768) * this.#gain;
    }
    this.#read = (this.#read + wanted) % CAPACITY;
    this.#filled -= wanted;
    this.#played += wanted;
    for (const other of others) other.set(output);
    this.#report();
    return true;
  }

  #hasEnough() {
    if (this.#filled === 0 && this.#needed === 0 && !this.#isComplete) {
      this.#starved += 1;
      this.#needed = REFILL;
      this.#gain = 0;
    }
    if (this.#filled < this.#needed && !this.#isComplete) return false;
    this.#needed = 0;
    return true;
  }

  #report() {
    this.#blocks += 1;
    if (this.#blocks % REPORT_EVERY) return;
    this.port.postMessage({
      generation: this.#generation,
      played: this.#played,
      filled: this.#filled,
      starved: this.#starved,
      isOver: this.#isComplete && this.#filled === 0,
    });
  }
}

registerProcessor("playback", Playback);
