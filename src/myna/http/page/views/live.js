/** Live mode: what is typed is spoken as soon as it makes a sentence, or whoever types pauses. */

import { find } from "../modules/document.js";
import { player } from "../modules/player.js";
import { UnsentText } from "../modules/unsent_text.js";

const PAUSE = 900; // ms without a key until what is there is spoken
const LONG_PAUSE = 2500; // ms until a word is spoken that an input method still composes
const SILENCE = 20_000; // ms without a key until the speech ends

export function startLive(view) {
  const field = find("#text");
  const live = find("#live");
  let unsent = null;
  let timers = [];

  function write(words) {
    if (!words) return;
    try {
      if (!view.take || view.take.isOver) view.begin();
      view.take.write(words);
    } catch (error) {
      view.fail(error);
    }
  }

  function say(words) {
    write(words);
    if (unsent.isFresh) view.take?.flush();
    unsent.isFresh = false;
  }

  function wait(isComposing) {
    timers.forEach(clearTimeout);
    timers = [
      setTimeout(() => say(isComposing ? unsent.words(field.value) : unsent.rest(field.value)), PAUSE),
      setTimeout(() => say(unsent.rest(field.value)), LONG_PAUSE),
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
    wait(isComposing);
  });
}
