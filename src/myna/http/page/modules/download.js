/** What was said, as a file: sound in any format, or subtitles. */

import { find, make, save } from "./document.js";
import { t } from "./locale.js";
import { showProblem } from "./problems.js";
import { located } from "./reading.js";
import { ask } from "./server.js";
import { cues, srt, vtt } from "./subtitles.js";
import { wav } from "./wav.js";

const SOUNDS = ["wav", "mp3", "flac", "opus", "aac"];
const SUBTITLES = { srt, vtt };
const WHOLE = 20_000; // characters the server makes in one piece

export function fillFormats(select) {
  const chosen = select.value;
  const option = (name) => make("option", { value: name, selected: name === chosen }, name.toUpperCase());
  select.replaceChildren(
    make("optgroup", { label: t("take.sound") }, SOUNDS.map(option)),
    make("optgroup", { label: t("take.subtitles") }, Object.keys(SUBTITLES).map(option)),
  );
}

/** Return a take as a file of this format. */
async function file(take, format) {
  if (format in SUBTITLES) {
    const { words } = take.recording;
    const list = cues(take.text, words, located(take.text, words));
    return new Blob([SUBTITLES[format](list)], { type: format === "vtt" ? "text/vtt" : "application/x-subrip" });
  }
  if (format === "wav") return wav(take.recording.between(0, take.recording.length));
  const body = { ...take.manner, text: take.text, format, stream: [...take.text].length > WHOLE };
  const headers = { "Content-Type": "application/json" };
  return (await ask("v1/speech", { method: "POST", headers, body: JSON.stringify(body) })).blob();
}

export function startDownload(current) {
  const button = find("#take-download");
  button.addEventListener("click", async () => {
    const format = find("#take-format").value;
    button.setAttribute("aria-busy", "true");
    try {
      save(await file(current(), format), `myna-${current().manner.voice}.${format}`);
    } catch (error) {
      showProblem(find("#speak-problem"), error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
