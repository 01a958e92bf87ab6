/** How the last request fared. */

class LastRequest extends EventTarget {
  figures = null; // {first: ms, factor, seconds, engine}

  note(figures) {
    this.figures = figures;
    this.dispatchEvent(new Event("change"));
  }
}

export const lastRequest = new LastRequest();
