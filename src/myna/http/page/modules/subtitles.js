/** Word times as subtitle files. */

const LONGEST_LINE = 42; // characters, as broadcasters have it
const LONGEST_CUE = 6; // seconds
const PAUSE = 0.6; // seconds of silence that end a cue

/** Return cues {start, end, text} of a text and its located words, as `located` gives them. */
export function cues(text, words, places) {
  const found = [];
  let cue = null;
  words.forEach((word, index) => {
    const place = places[index];
    if (!place) return;
    const isNew = !cue || word.start - cue.end > PAUSE || word.end - cue.start > LONGEST_CUE
      || place.last - cue.first > LONGEST_LINE || /[.!?。！？…]\s*$/.test(text.slice(cue.last, place.first));
    if (isNew) found.push(cue = { ...word, ...place });
    else Object.assign(cue, { end: word.end, last: place.last });
  });
  return found.map(({ start, end, first, last }, index) => {
    const until = found[index + 1]?.first ?? text.length;
    return { start, end, text: (text.slice(first, last) + text.slice(last, until).trimEnd()).replace(/\s+/g, " ") };
  });
}

function time(seconds, point) {
  const ms = Math.round(seconds * 1000);
  const parts = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return `${clock}${point}${String(ms % 1000).padStart(3, "0")}`;
}

export const srt = (list) =>
  list.map((cue, index) => `${index + 1}\n${time(cue.start, ",")} --> ${time(cue.end, ",")}\n${cue.text}\n`).join("\n");

export const vtt = (list) =>
  `WEBVTT\n\n${list.map((cue) => `${time(cue.start, ".")} --> ${time(cue.end, ".")}\n${cue.text}\n`).join("\n")}`;
