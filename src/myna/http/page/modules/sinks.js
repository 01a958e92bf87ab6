/** Where sound goes: an audio worklet, or scheduled buffers where a browser offers no worklet. */

import { SAMPLE_RATE } from "./recording.js";

const WORKLET = new URL("../worklets/playback.js", import.meta.url);
const REPORT_EVERY = 40; // ms

let shared = null;

/** Return the page's one audio context. */
export function context() {
  shared ??= new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
  return shared;
}

/** Return a sink; `report` hears how far it is: {generation, played, starved, isOver}. */
export async function openSink(report) {
  const audio = context();
  if (!audio.audioWorklet) return new ScheduledSink(audio, report); // not over https, not localhost
  await audio.audioWorklet.addModule(WORKLET);
  return new WorkletSink(audio, report);
}

class WorkletSink {
  #audio;
  #port;

  constructor(audio, report) {
    const node = new AudioWorkletNode(audio, "playback", { numberOfInputs: 0, outputChannelCount: [2] });
    node.connect(audio.destination);
    node.port.onmessage = ({ data }) => report(data);
    this.#audio = audio;
    this.#port = node.port;
  }

  get delay() { return this.#audio.outputLatency || this.#audio.baseLatency || 0; }

  begin(generation) { this.#port.postMessage({ type: "begin", generation }); }

  feed(samples, generation) {
    this.#port.postMessage({ type: "samples", samples, generation }, [samples.buffer]);
  }

  complete(generation) { this.#port.postMessage({ type: "complete", generation }); }

  pause() { this.#port.postMessage({ type: "pause" }); }

  async resume() {
    await this.#audio.resume();
    this.#port.postMessage({ type: "resume" });
  }
}

/** Lays buffers end to end on the context's clock. */
class ScheduledSink {
  #audio;
  #sources = new Set();
  #generation = 0;
  #next = 0; // time of the context at which the next buffer begins
  #laid = 0; // samples
  #starved = 0;
  #isComplete = false;

  constructor(audio, report) {
    this.#audio = audio;
    setInterval(() => report(this.#progress()), REPORT_EVERY);
  }

  get delay() { return this.#audio.baseLatency || 0; }

  begin(generation) {
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
    this.#generation = generation;
    this.#next = this.#laid = this.#starved = 0;
    this.#isComplete = false;
  }

  feed(samples, generation) {
    if (generation !== this.#generation) return;
    const buffer = this.#audio.createBuffer(1, samples.length, SAMPLE_RATE);
    buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    const source = new AudioBufferSourceNode(this.#audio, { buffer });
    source.connect(this.#audio.destination);
    const now = this.#audio.currentTime;
    if (this.#next < now) {
      if (this.#laid) this.#starved += 1;
      this.#next = now + 0.08;
    }
    source.start(this.#next);
    this.#sources.add(source);
    source.onended = () => this.#sources.delete(source);
    this.#next += buffer.duration;
    this.#laid += samples.length;
  }

  complete() { this.#isComplete = true; }

  pause() { this.#audio.suspend(); }

  resume() { return this.#audio.resume(); }

  #progress() {
    const left = Math.max(0, this.#next - this.#audio.currentTime) * SAMPLE_RATE;
    return {
      generation: this.#generation,
      played: Math.round(Math.max(0, this.#laid - left)),
      starved: this.#starved,
      isOver: this.#isComplete && left === 0,
    };
  }
}
