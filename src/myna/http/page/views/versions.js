/** The versions of a recording that is being edited, to go back and forth between. */

export class Versions {
  #all = [];
  #at = -1;

  get current() { return this.#all[this.#at] ?? null; }

  /** The version this one was made of. */
  get parent() { return this.#all[this.#at - 1] ?? null; }

  get canUndo() { return this.#at > 0; }

  get canRedo() { return this.#at < this.#all.length - 1; }

  begin(version) {
    this.#all = [version];
    this.#at = 0;
  }

  /** Go on from the current version; what was undone is forgotten. */
  add(version) {
    this.#all.splice(this.#at + 1, Infinity, version);
    this.#at += 1;
  }

  /** Put another in the place of the current version. */
  replace(version) {
    this.#all.splice(this.#at, Infinity, version);
  }

  undo() { if (this.canUndo) this.#at -= 1; }

  redo() { if (this.canRedo) this.#at += 1; }
}
