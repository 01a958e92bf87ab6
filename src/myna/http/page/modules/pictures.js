/** Draws a recording: its outline as a whole, its spectrum around what is heard. */

import { SAMPLE_RATE } from "./recording.js";
import { BINS, COLUMN_SAMPLES, column } from "./spectrum.js";
import { colour } from "./theme.js";

const PAGE_SECONDS = 10; // of spectrum shown at once
const BAR = 3; // CSS pixels from one bar of the outline to the next

/** Fit a canvas to its place on this screen and return its context and size in CSS pixels. */
function prepared(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const drawing = canvas.getContext("2d");
  drawing.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawing.clearRect(0, 0, width, height);
  return { drawing, width, height };
}

const css = ([red, green, blue], alpha = 1) => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Draw the outline: bars, those already heard in another colour; `marks` are spans in seconds. */
export function drawOutline(canvas, recording, position, marks = []) {
  const { drawing, width, height } = prepared(canvas);
  if (!recording?.length || !width) return;
  const peaks = recording.peaks;
  const bars = Math.max(1, Math.floor(width / BAR));
  const each = peaks.length / 2 / bars;
  const heard = (position / recording.duration) * bars;
  const loudest = Math.max(3000, peaks.reduce((most, peak) => Math.max(most, Math.abs(peak)), 0));
  for (const { start, end } of marks) {
    drawing.fillStyle = css(colour("mark"), 0.35);
    const left = (start / recording.duration) * width;
    drawing.fillRect(left, 0, Math.max(2, ((end - start) / recording.duration) * width), height);
  }
  const colours = [css(colour("accent")), css(colour("outline"))];
  for (let bar = 0; bar < bars; bar += 1) {
    let level = 0;
    const last = Math.max(Math.floor(bar * each) + 1, Math.floor((bar + 1) * each));
    for (let i = Math.floor(bar * each); i < last && 2 * i + 1 < peaks.length; i += 1) {
      level = Math.max(level, -peaks[2 * i], peaks[2 * i + 1]);
    }
    const tall = Math.max(2, (level / loudest) * (height - 4));
    drawing.fillStyle = colours[bar < heard ? 0 : 1];
    drawing.beginPath();
    drawing.roundRect(bar * BAR, (height - tall) / 2, BAR - 1, tall, 1);
    drawing.fill();
  }
  drawing.fillStyle = css(colour("ink"));
  if (position > 0) drawing.fillRect((position / recording.duration) * width - 0.5, 0, 1.5, height);
}

/** The spectrum of ten seconds at a time, each column measured once. */
export class SpectrumPicture {
  #canvas;
  #recording = null;
  #page = document.createElement("canvas");
  #first = -1; // column the page begins with
  #done = 0; // columns on it

  constructor(canvas) {
    this.#canvas = canvas;
    Object.assign(this.#page, { width: (PAGE_SECONDS * SAMPLE_RATE) / COLUMN_SAMPLES, height: BINS });
  }

  /** Draw anew with the colours there are now. */
  refresh() { this.#first = -1; }

  draw(recording, position) {
    const { drawing, width, height } = prepared(this.#canvas);
    if (!recording?.length || !width) return;
    const columns = this.#page.width;
    const first = Math.floor(position / PAGE_SECONDS) * columns;
    if (recording !== this.#recording || first !== this.#first) this.#turn(recording, first);
    const whole = recording.isComplete ? Math.ceil(recording.length / COLUMN_SAMPLES)
      : Math.floor((recording.length - 1024) / COLUMN_SAMPLES);
    this.#measure(Math.min(columns, whole - first));
    const shown = recording.isComplete && recording.duration < PAGE_SECONDS ? this.#done : columns;
    drawing.imageSmoothingQuality = "high";
    drawing.drawImage(this.#page, 0, 0, Math.max(1, shown), BINS, 0, 0, width, height);
    const at = (((position * SAMPLE_RATE) / COLUMN_SAMPLES - first) / shown) * width;
    drawing.fillStyle = css(colour("ink"));
    if (position > 0) drawing.fillRect(at - 0.5, 0, 1.5, height);
  }

  #turn(recording, first) {
    this.#recording = recording;
    this.#first = first;
    this.#done = 0;
    this.#page.getContext("2d").clearRect(0, 0, this.#page.width, BINS);
  }

  #measure(until) {
    if (until <= this.#done) return;
    const last = Math.min(until, this.#done + 250); // the rest with the next picture
    const [low, middle, high] = ["spectrum-low", "spectrum-middle", "spectrum-high"].map(colour);
    const image = new ImageData(last - this.#done, BINS);
    for (let x = 0; x < image.width; x += 1) {
      const levels = column(this.#recording, this.#first + this.#done + x);
      for (let row = 0; row < BINS; row += 1) {
        const level = levels[row] / 255;
        const [from, to, part] = level < 0.5 ? [low, middle, level * 2] : [middle, high, level * 2 - 1];
        const at = 4 * ((BINS - 1 - row) * image.width + x);
        for (let c = 0; c < 3; c += 1) image.data[at + c] = from[c] + (to[c] - from[c]) * part;
        image.data[at + 3] = 255;
      }
    }
    this.#page.getContext("2d").putImageData(image, this.#done, 0);
    this.#done = last;
  }

  get isBehind() {
    const length = this.#recording?.length ?? 0;
    return this.#done < Math.min(this.#page.width, Math.floor((length - 1024) / COLUMN_SAMPLES) - this.#first);
  }
}

