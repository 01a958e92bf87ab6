/** Versions of a recording: the first, and those with words changed. */

import { decoded } from "../modules/files.js";
import { located } from "../modules/reading.js";
import { sendForm } from "../modules/server.js";

export const TAKES = 3; // spoken for each change

/** Return the first version: a file, what is said in it, and who speaks, where that is known. */
export async function opened({ file, text, voice, engine }) {
  return described({ file, text, voice, engine });
}

/** Return a version with `change.words` said instead of the text from `change.start` to `change.end`. */
export async function changed(version, change, choice = 0) {
  const { file, text, voice, engine } = version;
  const points = (at) => [...text.slice(0, at)].length; // the server counts code points
  const changes = JSON.stringify([{ start: points(change.start), end: points(change.end), new: change.words }]);
  const response = await sendForm("v1/edit", { audio: file, text, changes, voice, engine, takes: TAKES, choice });
  const edited = await response.json();
  const [span] = edited.edits;
  const seconds = (first, last) => ({ start: first / edited.sample_rate, end: last / edited.sample_rate });
  const made = await described({ file: asFile(edited.audio), text: edited.text, voice, engine });
  return Object.assign(made, {
    change,
    choice,
    scores: span.take_scores,
    before: seconds(span.start_sample, span.end_sample),
    after: seconds(span.new_start_sample, span.new_end_sample),
    takes: { [choice]: made },
  });
}

/** Add to a version what can be seen and heard of it. */
async function described(version) {
  const recording = await decoded(version.file);
  const aligned = await (await sendForm("v1/align", { audio: version.file, text: version.text })).json();
  if (aligned.fit === "mismatch") throw Object.assign(new Error("mismatch"), { code: "says_else" });
  const found = located(version.text, aligned.words);
  const words = aligned.words.filter((_, index) => found[index]);
  recording.words = words;
  return { ...version, recording, words, places: found.filter(Boolean) };
}

const asFile = (base64) =>
  new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: "audio/wav" });
