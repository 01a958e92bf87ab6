/** The view that changes words in a recording. */

import { Deck } from "../modules/deck.js";
import { announce, find, make, save } from "../modules/document.js";
import { library } from "../modules/library.js";
import { onLocale, t } from "../modules/locale.js";
import { player } from "../modules/player.js";
import { showProblem } from "../modules/problems.js";
import { ask } from "../modules/server.js";
import { Source } from "../modules/source.js";
import { TAKES, changed, opened } from "./revision.js";
import { Versions } from "./versions.js";
import { WordPicker } from "./word_picker.js";

const AROUND = 1.2; // seconds heard on both sides of a change

class EditView {
  #versions = new Versions();
  #deck = new Deck(find("#edit-deck"));
  #words = new WordPicker(find("#edit-words"));
  #source = new Source(find("#edit-source"));
  #file = null;
  #work = 0; // which piece of work is the last asked for

  constructor() {
    this.#listen();
    library.addEventListener("change", () => this.#showLibrary());
    onLocale(() => { this.#showLibrary(); this.#show(); });
    this.#deck.addEventListener("moved", () => this.#light());
  }

  /** Open what was just spoken. */
  openTake(file, text, manner) {
    location.hash = "edit";
    this.#open(() => opened({ file, text, voice: manner.voice, engine: manner.engine }));
  }

  #listen() {
    find("#edit-voice").addEventListener("change", ({ target }) => {
      const voice = library.voices.find(({ name }) => name === target.value);
      if (voice) this.#open(() => this.#reference(voice));
    });
    this.#source.addEventListener("given", ({ detail }) => this.#take(detail));
    find("#edit-transcript").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = find("#edit-text").value.trim();
      this.#open(() => opened({ file: this.#file, text }));
    });
    this.#words.addEventListener("change", () => this.#showChoice());
    this.#words.addEventListener("done", () => find("#replacement").select());
    find("#replace").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#replace();
    });
    find("#undo").addEventListener("click", () => this.#step(() => this.#versions.undo(), "edit.undone"));
    find("#redo").addEventListener("click", () => this.#step(() => this.#versions.redo(), "edit.redone"));
    addEventListener("keydown", (event) => {
      const isHere = !find("#view-edit").hidden && !(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement);
      if (!isHere || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      find(event.shiftKey ? "#redo" : "#undo").click();
    });
    find("#edit-close").addEventListener("click", () => this.#close());
    find("#hear-before").addEventListener("click", () => this.#hear(this.#versions.parent, "before"));
    find("#hear-after").addEventListener("click", () => this.#hear(this.#versions.current, "after"));
    find("#edit-download").addEventListener("click", () => save(this.#versions.current.file, "myna-edited.wav"));
    find("#takes").addEventListener("change", ({ target }) => this.#choose(Number(target.value)));
  }

  #take({ file, transcript }) {
    this.#file = file;
    find("#edit-transcript").hidden = false;
    find("#edit-text").value = transcript;
    find("#edit-text").focus();
  }

  async #reference(voice) {
    const file = await (await ask(`v1/voices/${encodeURIComponent(voice.name)}/reference`)).blob();
    return opened({ file, text: voice.transcript, voice: voice.name });
  }

  /** Make something the first version; what goes wrong is told. */
  async #open(make) {
    const version = await this.#done(make, "edit.finding");
    if (!version) return;
    this.#versions.begin(version);
    find("#edit-begin").hidden = true;
    find("#editor").hidden = false;
    this.#show();
    find("#edit-words button")?.focus();
    announce(t("edit.ready"));
  }

  #close() {
    player.stop();
    find("#editor").hidden = find("#edit-transcript").hidden = true;
    find("#edit-begin").hidden = false;
    find("#edit-voice").value = "";
    showProblem(find("#edit-problem"), null);
    find("#edit-voice").focus();
  }

  async #replace() {
    const { current } = this.#versions;
    const [first, last] = this.#words.chosen;
    const change = {
      start: current.places[first].first,
      end: current.places[last].last,
      words: find("#replacement").value.trim(),
    };
    const version = await this.#done(() => changed(current, change), "edit.working");
    if (!version) return;
    this.#versions.add(version);
    this.#show();
    announce(t("edit.done"));
    this.#hear(version, "after");
  }

  /** Keep another take of the last change. */
  async #choose(choice) {
    const { current, parent } = this.#versions;
    const version = current.takes[choice] ?? await this.#done(
      () => changed(parent, current.change, choice), "edit.working");
    if (!version) return;
    version.takes = Object.assign(current.takes, { [choice]: version });
    this.#versions.replace(version);
    this.#show();
    find(`#takes input[value="${choice}"]`).focus();
    this.#hear(version, "after");
  }

  async #done(work, words) {
    showProblem(find("#edit-problem"), null);
    const number = this.#work += 1;
    find("#edit-state").textContent = t(words);
    find("#editor").setAttribute("aria-busy", "true");
    announce(t(words));
    try {
      const made = await work();
      return number === this.#work ? made : null;
    } catch (error) {
      if (number === this.#work) showProblem(find("#edit-problem"), error);
      return null;
    } finally {
      if (number === this.#work) {
        find("#edit-state").textContent = "";
        find("#editor").removeAttribute("aria-busy");
      }
    }
  }

  #step(move, words) {
    move();
    this.#show();
    announce(t(words));
  }

  /** Play what is around the last change, in this version. */
  #hear(version, side) {
    const { start, end } = this.#versions.current[side];
    const span = [Math.max(0, start - AROUND), end + AROUND];
    if (side === "after") this.#deck.play(...span);
    else player.play(version.recording, ...span);
  }

  #show() {
    const { current, canUndo, canRedo } = this.#versions;
    if (!current) return;
    const { after, change } = current;
    const isFresh = (index) => {
      const middle = (current.words[index].start + current.words[index].end) / 2;
      return Boolean(after) && middle > after.start && middle < after.end;
    };
    this.#words.show(current.text, current.places, isFresh);
    this.#deck.load(current.recording, after ? [after] : []);
    find("#undo").disabled = !canUndo;
    find("#redo").disabled = !canRedo;
    find("#compare").hidden = !change;
    this.#showTakes(current);
    this.#showChoice();
  }

  #showTakes({ change, choice, scores = [] }) {
    const takes = find("#takes");
    for (const label of takes.querySelectorAll("label")) label.remove();
    takes.hidden = !change?.words || scores.length < 2;
    takes.append(...scores.slice(0, TAKES).map((_, index) => make("label", { class: "pill plain" },
      make("input", { type: "radio", name: "take", value: String(index), checked: index === choice }),
      t(index ? "edit.take" : "edit.take.best", { number: index + 1 }))));
  }

  #showChoice() {
    const { chosen } = this.#words;
    find("#replace").hidden = !chosen;
    if (!chosen) return;
    const { text, places } = this.#versions.current;
    const old = text.slice(places[chosen[0]].first, places[chosen[1]].last);
    find("#replace-label").textContent = t("edit.instead", { old });
    find("#replacement").value = old;
  }

  #showLibrary() {
    const select = find("#edit-voice");
    const withWords = library.voices.filter(({ transcript }) => transcript);
    select.replaceChildren(make("option", { value: "" }, t("edit.choose")),
      ...withWords.map(({ name }) => make("option", { value: name }, name)));
  }

  #light() {
    const { current } = this.#versions;
    if (!current) return;
    const isHeard = this.#deck.isPlaying || this.#deck.position > 0;
    const at = this.#deck.position;
    this.#words.light(isHeard ? current.words.findIndex(({ start, end }) => at >= start && at < end) : null);
  }
}

export const startEdit = () => new EditView();
