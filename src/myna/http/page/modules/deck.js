/** A recording to look at, play and move about in. */

import { find, icon, make, relabel } from "./document.js";
import { clock, onLocale, t } from "./locale.js";
import { OutlinePicture, SpectrumPicture } from "./pictures.js";
import { player } from "./player.js";
import { onTheme } from "./theme.js";

const STEP = 2; // seconds an arrow key moves
const FRAME = 30; // ms between two pictures

export class Deck extends EventTarget {
  recording = null;
  #place;
  #marks = [];
  #from = 0; // seconds where playing goes on
  #outline;
  #spectrum;
  #frame = 0;
  #drawn = 0; // time of the last picture

  constructor(place, { withSpectrum = true } = {}) {
    super();
    this.#place = place;
    place.classList.add("deck");
    place.append(
      make("button", { type: "button", class: "round play", onclick: () => this.toggle() }, icon("play")),
      make("div", { class: "pictures" },
        make("canvas", { class: "outline", role: "slider", tabindex: "0", "aria-valuemin": "0" }),
        withSpectrum ? make("canvas", { class: "spectrum", role: "img" }) : null),
      make("span", { class: "time" }, "0:00"),
    );
    this.#outline = new OutlinePicture(find(".outline", place));
    this.#spectrum = withSpectrum ? new SpectrumPicture(find(".spectrum", place)) : null;
    this.#listen(find(".outline", place));
    player.addEventListener("state", () => this.#update());
    player.addEventListener("ended", () => { if (this.isHeard) this.#from = 0; });
    onTheme(() => {
      this.#outline.refresh();
      this.#spectrum?.refresh();
      this.#draw();
    });
    onLocale(() => this.#update());
    new ResizeObserver(() => this.#draw()).observe(place);
    this.#update();
  }

  /** Show a recording; `marks` are spans in seconds that stand out. */
  load(recording, marks = []) {
    if (this.isHeard) player.stop();
    this.recording = recording;
    this.#marks = marks;
    this.#from = 0;
    recording?.addEventListener("growth", () => this.#update());
    recording?.addEventListener("complete", () => this.#update());
    this.#update();
  }

  get isHeard() { return this.recording !== null && player.recording === this.recording; }

  get isPlaying() { return this.isHeard && player.state === "playing"; }

  get position() { return this.isHeard && player.state !== "idle" ? player.position : this.#from; }

  async play(from = this.#from, to = Infinity) {
    if (!this.recording) return;
    this.#from = from;
    await player.play(this.recording, from, to);
  }

  toggle() {
    if (this.isPlaying) player.pause();
    else if (this.isHeard && player.state === "paused") player.resume();
    else this.play();
  }

  seek(seconds) {
    if (!this.recording) return;
    const at = Math.max(0, Math.min(seconds, this.recording.duration - 0.05));
    if (this.isPlaying) this.play(at);
    else {
      if (this.isHeard) player.stop();
      this.#from = at;
      this.#update();
    }
  }

  #listen(outline) {
    const seek = (event) => {
      const { left, width } = outline.getBoundingClientRect();
      this.seek(((event.clientX - left) / width) * (this.recording?.duration ?? 0));
    };
    outline.addEventListener("pointerdown", (event) => {
      outline.setPointerCapture(event.pointerId);
      seek(event);
    });
    outline.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
    outline.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key];
      if (move) this.seek(this.position + move);
      else if (event.key === "Home") this.seek(0);
      else if (event.key === "End") this.seek(this.recording?.duration ?? 0);
      else if (event.key === " " || event.key === "Enter") this.toggle();
      else return;
      event.preventDefault();
    });
  }

  #update() {
    const button = find(".play", this.#place);
    relabel(button, this.isPlaying ? "pause" : "play", t(this.isPlaying ? "deck.pause" : "deck.play"));
    button.disabled = !this.recording?.length;
    find(".outline", this.#place).setAttribute("aria-label", t("deck.position"));
    find(".spectrum", this.#place)?.setAttribute("aria-label", t("deck.spectrum"));
    this.#draw();
  }

  #draw() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (now - this.#drawn < FRAME) {
        this.#draw();
        return;
      }
      this.#drawn = now;
      this.#drawNow();
    });
  }

  #drawNow() {
    const duration = this.recording?.duration ?? 0;
    const position = Math.min(this.position, duration);
    const outline = find(".outline", this.#place);
    this.#outline.draw(this.recording, position, this.#marks);
    this.#spectrum?.draw(this.recording, position);
    outline.setAttribute("aria-valuemax", duration.toFixed(1));
    outline.setAttribute("aria-valuenow", position.toFixed(1));
    outline.setAttribute("aria-valuetext", t("deck.at", { at: clock(position), of: clock(duration) }));
    find(".time", this.#place).textContent = `${clock(position)} / ${clock(duration)}`;
    this.dispatchEvent(new Event("moved"));
    if (this.isPlaying || this.#spectrum?.isBehind) this.#draw();
  }
}
