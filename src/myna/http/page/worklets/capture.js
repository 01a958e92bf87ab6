/** Hands on what the microphone hears, block by block. */

const BLOCKS = 16; // of 128 samples, handed on together

class Capture extends AudioWorkletProcessor {
  #samples = new Float32Array(128 * BLOCKS);
  #filled = 0;

  process([[input]]) {
    if (!input) return true;
    this.#samples.set(input, this.#filled);
    this.#filled += input.length;
    if (this.#filled === this.#samples.length) {
      this.port.postMessage(this.#samples.slice());
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("capture", Capture);
