/** Live mode: what is typed is spoken as soon as it makes a sentence, or whoever types pauses. */

import { find } from "../modules/document.js";
import { player } from "../modules/player.js";
import { UnsentText } from "../modules/unsent_text.js";

const PAUSE = 900; // ms without a key until what is there is spoken
const SILENCE = 20_000; // ms without a key until the speech ends

export function startLive(view) {
  const field = find("#text");
  const live = find("#live");
  let unsent = null;
  let timers = [];

  function write(words) {
    if (!words) return;
    if (!view.take || view.take.isOver) view.begin();
    view.take.write(words);
  }

  function wait() {
    timers.forEach(clearTimeout);
    timers = [
      setTimeout(() => {
        write(unsent.rest(field.value));
        if (unsent.isFresh) view.take?.flush();
        unsent.isFresh = false;
      }, PAUSE),
      setTimeout(() => view.take?.end(), SILENCE),
    ];
  }

  live.addEventListener("change", () => {
    timers.forEach(clearTimeout);
    if (!live.checked) {
      view.take?.end();
      return;
    }
    player.open();
    unsent = new UnsentText(field.value);
    field.focus();
  });
  field.addEventListener("input", ({ isComposing }) => {
    if (!live.checked) return;
    if (!isComposing) write(unsent.words(field.value));
    wait();
  });
}
