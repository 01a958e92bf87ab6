/** Draws a recording: its outline as a whole, its spectrum around what is heard. */

import { SAMPLE_RATE } from "./recording.js";
import { BINS, COLUMN_SAMPLES, column } from "./spectrum.js";
import { colour } from "./theme.js";

const PAGE_SECONDS = 10; // of spectrum shown at once
const BAR = 3; // CSS pixels from one bar of the outline to the next
const QUIETEST = 3000; // of 32768: sound quieter than this is not drawn as if it were loud
const REDRAW_AFTER = 250; // ms between two outlines of a recording that still grows

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

/** The outline of a whole recording: bars, those already heard in another colour. */
export class OutlinePicture {
  #canvas;
  #quiet = document.createElement("canvas"); // bars not yet heard
  #heard = document.createElement("canvas"); // the same bars, heard
  #made = null; // what the bars were drawn from: {recording, length, width, at}

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Draw anew with the colours there are now. */
  refresh() { this.#made = null; }

  /** `marks` are spans in seconds that stand out. */
  draw(recording, position, marks) {
    const { drawing, width, height } = prepared(this.#canvas);
    if (!recording?.length || !width) return;
    if (this.#isStale(recording, width)) this.#drawBars(recording, width, height);
    const across = (seconds) => (seconds * SAMPLE_RATE * width) / this.#made.length;
    drawing.fillStyle = css(colour("mark"), 0.35);
    for (const { start, end } of marks) {
      drawing.fillRect(across(start), 0, Math.max(2, across(end - start)), height);
    }
    const at = Math.min(width, across(position));
    drawing.drawImage(this.#quiet, 0, 0, width, height);
    if (at < 1) return;
    const part = (at / width) * this.#heard.width;
    drawing.drawImage(this.#heard, 0, 0, part, this.#heard.height, 0, 0, at, height);
    drawing.fillStyle = css(colour("ink"));
    drawing.fillRect(at - 0.5, 0, 1.5, height);
  }

  #isStale(recording, width) {
    const made = this.#made;
    if (made?.recording !== recording || made.width !== width) return true;
    if (made.length === recording.length) return false;
    return recording.isComplete || performance.now() - made.at > REDRAW_AFTER;
  }

  #drawBars(recording, width, height) {
    this.#made = { recording, length: recording.length, width, at: performance.now() };
    const levels = barLevels(recording.peaks, Math.max(1, Math.floor(width / BAR)));
    const loudest = Math.max(QUIETEST, ...levels);
    for (const [canvas, name] of [[this.#quiet, "outline"], [this.#heard, "accent"]]) {
      Object.assign(canvas, { width: this.#canvas.width, height: this.#canvas.height });
      const drawing = canvas.getContext("2d");
      drawing.scale(canvas.width / width, canvas.height / height);
      drawing.fillStyle = css(colour(name));
      drawing.beginPath();
      levels.forEach((level, bar) => {
        const tall = Math.max(2, (level / loudest) * (height - 4));
        drawing.roundRect(bar * BAR, (height - tall) / 2, BAR - 1, tall, 1);
      });
      drawing.fill();
    }
  }
}

/** Return the loudest sample in each of `bars` equal parts. */
function barLevels(peaks, bars) {
  const each = peaks.length / 2 / bars;
  return Array.from({ length: bars }, (_, bar) => {
    let level = 0;
    const last = Math.min(peaks.length / 2, Math.max(Math.floor(bar * each) + 1, Math.floor((bar + 1) * each)));
    for (let i = Math.floor(bar * each); i < last; i += 1) {
      level = Math.max(level, -peaks[2 * i], peaks[2 * i + 1]);
    }
    return level;
  });
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

