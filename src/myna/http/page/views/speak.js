/** The view that speaks. */

import { conversation } from "../modules/conversation.js";
import { Deck } from "../modules/deck.js";
import { announce, find, make } from "../modules/document.js";
import { fillFormats, startDownload } from "../modules/download.js";
import { library } from "../modules/library.js";
import { number, onLocale, t } from "../modules/locale.js";
import { player } from "../modules/player.js";
import { showProblem } from "../modules/problems.js";
import { Reading } from "../modules/reading.js";
import { VoicePicker } from "../modules/voice_picker.js";
import { wav } from "../modules/wav.js";
import { startLive } from "./live.js";
import { Take } from "./take.js";

export const LANGUAGES = ["auto", "ko", "en", "ja", "zh", "yue"];
const KEPT_TEXT = "myna.text";

class SpeakView extends EventTarget {
  take = null;
  #text = find("#text");
  #deck = new Deck(find("#take-deck"));
  #reading = new Reading(find("#reading"), (seconds) => this.#deck.play(seconds));
  picker = new VoicePicker(find("#voice-picker"));

  constructor() {
    super();
    this.#text.value = sessionStorage.getItem(KEPT_TEXT) ?? "";
    this.#listen();
    this.#deck.addEventListener("moved", () => {
      this.#reading.show(this.#deck.isPlaying || this.#deck.position > 0 ? this.#deck.position : null);
    });
    player.addEventListener("audible", () => this.take?.heard(player.recording));
    player.addEventListener("state", () => this.#showState());
    for (const source of [conversation, library]) {
      source.addEventListener(source === library ? "change" : "state", () => this.#showState());
    }
    onLocale(() => this.#showWords());
    library.addEventListener("change", () => this.#showWords());
    startDownload(() => this.take);
    startLive(this);
    this.#showWords();
  }

  /** How to say it, as the server takes it. */
  get manner() {
    const engine = find("#engine").value;
    return {
      voice: this.picker.chosen,
      language: find("#language").value,
      speed: Number(find("#speed").value),
      seed: Math.floor(Math.random() * 2 ** 32),
      ...(engine ? { engine } : {}),
    };
  }

  get isLive() { return find("#live").checked; }

  /** Begin a new take; whatever was heard ends. */
  begin() {
    this.take?.cancel();
    player.stop();
    this.#tell(null);
    const take = new Take(this.manner);
    this.take = take;
    this.#deck.load(take.recording);
    this.#reading.begin();
    take.addEventListener("text", ({ detail }) => this.#reading.write(detail));
    take.recording.addEventListener("words", ({ detail }) => this.#reading.time(detail));
    take.addEventListener("change", () => { if (this.take === take) this.#showState(); });
    take.addEventListener("failed", ({ detail }) => { if (this.take === take) this.fail(detail); });
    find("#take").hidden = false;
    this.#deck.play(0);
    return take;
  }

  speak() {
    const text = this.#text.value.trim();
    if (!text) {
      this.#tell({ code: "nothing" });
      this.#text.focus();
      return;
    }
    player.open();
    try {
      this.begin().speak(text);
      announce(t("speak.begun"));
    } catch (error) {
      this.fail(error);
    }
  }

  stop() {
    this.take?.cancel();
    player.stop();
    announce(t("speak.stopped"));
    this.#text.focus();
  }

  /** Tell what went wrong with the take. */
  fail(error) {
    if (!this.take?.recording.length) {
      player.stop();
      find("#take").hidden = true;
    }
    this.#tell(error);
  }

  #tell(error) { showProblem(find("#speak-problem"), error); }

  #listen() {
    find("#composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.speak();
    });
    find("#stop").addEventListener("click", () => this.stop());
    this.#text.addEventListener("input", () => {
      sessionStorage.setItem(KEPT_TEXT, this.#text.value);
      this.#showState();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      this.speak();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !find("#stop").hidden && !find("dialog[open]")) this.stop();
    });
    find("#options-toggle").addEventListener("click", ({ currentTarget }) => {
      const options = find("#speak-options");
      options.hidden = !options.hidden;
      currentTarget.setAttribute("aria-expanded", String(!options.hidden));
    });
    find("#speed").addEventListener("input", () => this.#showWords());
    find("#take-edit").addEventListener("click", () => {
      const { recording, text, manner } = this.take;
      player.stop();
      this.dispatchEvent(new CustomEvent("edit", { detail: { file: wav(recording.between(0, recording.length)), text, manner } }));
    });
  }

  #showWords() {
    const language = find("#language");
    const [lang, engine] = [language.value || "auto", find("#engine").value];
    language.replaceChildren(...LANGUAGES.map((name) =>
      make("option", { value: name, selected: name === lang }, t(`language.${name}`))));
    const ready = library.engines.filter((one) => one.ready && one.configured);
    find("#engine").replaceChildren(
      make("option", { value: "" }, t("speak.engine.any")),
      ...ready.map(({ name }) => make("option", { value: name, selected: name === engine }, name)));
    find("#speed-shown").textContent = `${number(Number(find("#speed").value), 2)} ×`;
    fillFormats(find("#take-format"));
    this.#showState();
  }

  #showState() {
    const isBusy = (this.take && !this.take.isOver) || (player.state !== "idle" && this.#deck.isHeard);
    find("#say").hidden = isBusy;
    find("#stop").hidden = !isBusy;
    find("#say").disabled = conversation.state !== "open" || !this.picker.chosen;
    const length = [...this.#text.value].length;
    find("#text-count").textContent = length ? t("speak.count", { count: number(length) }) : "";
    this.#showFigures();
  }

  #showFigures() {
    const { first, factor, state } = this.take ?? {};
    const rows = [
      ["figure.first", first && t("figure.ms", { ms: number(first) })],
      ["figure.factor", factor && number(factor, 3)],
      ["figure.state", state && t(`take.${state}`)],
    ].filter(([, value]) => value);
    find("#figures").replaceChildren(...rows.map(([name, value]) =>
      make("div", {}, make("dt", { class: name === "figure.state" ? "unseen" : "" }, t(name)), make("dd", { id: name.replace(".", "-") }, value))));
    for (const id of ["#take-download", "#take-edit"]) find(id).disabled = state !== "finished";
  }
}

export function startSpeak() { return new SpeakView(); }
