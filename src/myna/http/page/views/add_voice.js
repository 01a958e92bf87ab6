/** Adding a voice: a recording, the words in it, whose it is. */

import { Deck } from "../modules/deck.js";
import { announce, find, make } from "../modules/document.js";
import { decoded } from "../modules/files.js";
import { library } from "../modules/library.js";
import { onLocale, t } from "../modules/locale.js";
import { showProblem } from "../modules/problems.js";
import { Reading } from "../modules/reading.js";
import { sendForm } from "../modules/server.js";
import { Source } from "../modules/source.js";
import { LANGUAGES } from "./speak.js";

const CHECK_AFTER = 700; // ms without a key
const FITS = { matching: "good", doubtful: "", mismatch: "" };

class AddVoice {
  #file = null;
  #timer = 0;
  #checking = null; // AbortController of the alignment under way
  #form = find("#add-voice");
  #transcript = find("#add-transcript");
  #deck = new Deck(find("#add-deck"), { withSpectrum: false });
  #reading = new Reading(find("#add-reading"), (seconds) => this.#deck.play(seconds));
  #source = new Source(find("#add-source"));
  #picker;

  constructor(picker) {
    this.#picker = picker;
    find("#add-open").addEventListener("click", () => (this.#form.hidden ? this.open() : this.close()));
    find("#speak-add-voice").addEventListener("click", () => {
      location.hash = "voices";
      this.open();
    });
    find("#add-cancel").addEventListener("click", () => this.close());
    this.#source.addEventListener("given", ({ detail }) => this.#take(detail));
    this.#transcript.addEventListener("input", () => this.#checkSoon());
    find("#add-language").addEventListener("change", () => this.#checkSoon());
    this.#deck.addEventListener("moved", () => {
      this.#reading.show(this.#deck.isPlaying || this.#deck.position > 0 ? this.#deck.position : null);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    onLocale(() => this.#showLanguages());
    this.#showLanguages();
  }

  open() {
    this.#form.hidden = false;
    find("#add-open").setAttribute("aria-expanded", "true");
    setTimeout(() => find("#add-title").focus()); // once the view is there
  }

  close() {
    this.#source.cancel();
    this.#form.reset();
    this.#file = null;
    this.#deck.load(null);
    this.#tellFit(null);
    showProblem(find("#add-problem"), null);
    this.#form.hidden = find("#add-details").hidden = true;
    find("#add-go").disabled = true;
    find("#add-open").setAttribute("aria-expanded", "false");
    find("#add-open").focus();
  }

  async #take({ file, transcript }) {
    this.#file = file;
    showProblem(find("#add-problem"), null);
    find("#add-details").hidden = false;
    find("#add-go").disabled = false;
    if (transcript) this.#transcript.value = transcript;
    if (file.name && !find("#add-name").value) find("#add-name").value = file.name.replace(/\.[^.]+$/, "");
    this.#deck.load(await decoded(file).catch(() => null)); // the server reads more formats than browsers
    (transcript ? find("#add-name") : this.#transcript).focus();
    this.#checkSoon(0);
  }

  #checkSoon(wait = CHECK_AFTER) {
    clearTimeout(this.#timer);
    this.#checking?.abort();
    this.#timer = setTimeout(() => this.#check(), wait);
  }

  /** Lay the words over the recording and show how well they fit. */
  async #check() {
    const text = this.#transcript.value.trim();
    if (!this.#file || !text) {
      this.#tellFit(this.#file ? "none" : null);
      return;
    }
    this.#tellFit("checking");
    this.#checking = new AbortController();
    const fields = { audio: this.#file, text, language: find("#add-language").value };
    try {
      const response = await sendForm("v1/align", fields, { signal: this.#checking.signal });
      const { fit, words } = await response.json();
      this.#reading.begin(text);
      this.#reading.time(words);
      this.#tellFit(fit);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#tellFit(error.code === "text_mismatch" ? "mismatch" : null);
      if (error.code !== "text_mismatch") showProblem(find("#add-problem"), error);
    }
  }

  #tellFit(fit) {
    const place = find("#add-fit");
    place.hidden = fit === null;
    place.className = `hint-box ${FITS[fit] ?? ""}`;
    place.dataset.fit = fit ?? "";
    place.replaceChildren(fit ? make("p", {}, t(`fit.${fit}`)) : "");
    find("#add-reading").hidden = !(fit in FITS);
  }

  async #add() {
    const button = find("#add-go");
    button.setAttribute("aria-busy", "true");
    showProblem(find("#add-problem"), null);
    try {
      const answer = await sendForm("v1/voices", {
        name: find("#add-name").value.trim(), audio: this.#file, transcript: this.#transcript.value.trim(),
        language: find("#add-language").value, speaker: find("#add-speaker").value, consent: find("#add-consent").value,
      });
      const { name } = await answer.json(); // as the server spells it
      this.#picker.choose(name);
      await library.refresh();
      this.close();
      announce(t("voices.added", { name }));
    } catch (error) {
      showProblem(find("#add-problem"), error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  #showLanguages() {
    const select = find("#add-language");
    const chosen = select.value || "auto";
    select.replaceChildren(...LANGUAGES.map((name) =>
      make("option", { value: name, selected: name === chosen }, t(`language.${name}`))));
  }
}

export const startAddVoice = (picker) => new AddVoice(picker);
