/** Where a recording comes from: the microphone, a file chosen, or a file dropped. */

import { announce, find } from "./document.js";
import { clock, t, translate } from "./locale.js";
import { record } from "./microphone.js";
import { player } from "./player.js";
import { showProblem } from "./problems.js";

const LONGEST = 30; // seconds
const MOST_BYTES = 100_000_000;

/** Fires `given` with {file, transcript}: the words that were shown to be read, or "". */
export class Source extends EventTarget {
  #parts;
  #recorder = null;
  #timer = 0;
  #isDiscarded = false;

  constructor(place) {
    super();
    place.append(find("#source").content.cloneNode(true));
    translate(place);
    this.#parts = Object.fromEntries(
      [...place.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    const { record: button, done, discard, file, drop } = this.#parts;
    button.addEventListener("click", () => this.#record());
    done.addEventListener("click", () => this.#finish());
    discard.addEventListener("click", () => this.cancel());
    file.addEventListener("change", () => {
      if (file.files[0]) this.#give(file.files[0], "");
      file.value = "";
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
      });
    }
    drop.addEventListener("drop", ({ dataTransfer }) => {
      if (dataTransfer.files[0]) this.#give(dataTransfer.files[0], "");
    });
  }

  /** Stop recording and forget it. */
  cancel() {
    this.#isDiscarded = true;
    this.#finish();
  }

  async #record() {
    const { recorder, prompt, meter, clock: shown, done, problem } = this.#parts;
    showProblem(problem, null);
    player.stop();
    this.#isDiscarded = false;
    try {
      this.#recorder = await record((level) => {
        meter.firstElementChild.style.width = `${100 * level}%`;
        meter.setAttribute("aria-valuenow", Math.round(100 * level));
        meter.classList.toggle("hot", level > 0.97);
      });
    } catch (error) {
      showProblem(problem, error);
      return;
    }
    prompt.textContent = t("source.prompt");
    this.#show(true);
    recorder.hidden = false;
    done.focus();
    announce(t("source.recording"));
    this.#timer = setInterval(() => {
      shown.textContent = `${clock(this.#recorder.seconds)} / ${clock(LONGEST)}`;
      if (this.#recorder.seconds >= LONGEST) this.#finish();
    }, 100);
  }

  #finish() {
    if (!this.#recorder) return;
    clearInterval(this.#timer);
    const file = this.#recorder.stop();
    this.#recorder = null;
    this.#show(false);
    if (!this.#isDiscarded) this.#give(file, this.#parts.prompt.textContent);
  }

  #show(isRecording) {
    this.#parts.recorder.hidden = !isRecording;
    this.#parts.record.hidden = this.#parts.drop.hidden = isRecording;
  }

  #give(file, transcript) {
    const isLarge = file.size > MOST_BYTES;
    showProblem(this.#parts.problem, isLarge ? { code: "file_large" } : null);
    if (!isLarge) this.dispatchEvent(new CustomEvent("given", { detail: { file, transcript } }));
  }
}
