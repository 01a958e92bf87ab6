/** Word times as subtitle files, a glance at a time: by the rules of `studio/cues.py`. */

const LINE_WIDTH = 42; // columns; a Han, kana or Hangul character takes two
const LONGEST = 7; // seconds of a cue
const SHORTEST = 0.8; // seconds, where nothing else is shown by then
const PAUSE = 0.6; // seconds of silence that end a cue
const BREATH = 0.2; // seconds of silence at which a sentence is best cut
const SENTENCE_PAUSE = 0.1; // seconds; behind "Dr." there is less
const AT_A_MARK = 0.5; // how much more uneven a cut may be for it
const AT_A_BLANK = 0.2;

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/gu;
const OPENER = /[“‘«「『（([【《〈〔{]/;
const CLOSERS = "[\"'”’)）」』\\]】》]*\\s*$";
const SENTENCE_END = new RegExp(`[.!?。！？．…]${CLOSERS}`);
const SURE_END = new RegExp(`[!?。！？]${CLOSERS}|\\n\\s*$`);
const CLAUSE_END = new RegExp(`[,;:，、；：،—–…]${CLOSERS}`);

/** Return cues {start, end, lines} of a text and its located words, as `located` gives them. */
export function cues(text, words, places) {
  const shown = groups(pieces(text, words, places)).flatMap(fitting);
  let free = 0; // seconds at which the cue before has gone
  return shown.map((part, index) => {
    const start = Math.max(part[0].start, free);
    const until = Math.max(start, part.at(-1).end, start + SHORTEST);
    const next = shown[index + 1]?.[0].start ?? Infinity;
    free = Math.max(start, Math.min(until, next));
    return { start, end: free, lines: lines(part) };
  });
}

/** Cut the text between its words: closing marks stay with the left one, opening ones do not. */
function pieces(text, words, places) {
  const found = words.map((word, index) => ({ ...word, ...places[index] })).filter(({ first }) => first !== undefined);
  const borders = found.slice(1).map(({ first }, index) => {
    const { last } = found[index];
    return last + border(text.slice(last, first));
  });
  return found.map(({ start, end }, index) =>
    ({ start, end, text: text.slice(index ? borders[index - 1] : 0, borders[index] ?? text.length) }));
}

function border(between) {
  const blank = /^[\s\S]*\s/.exec(between);
  if (blank) return blank[0].length;
  const opener = between.search(OPENER);
  return opener < 0 ? between.length : opener;
}

/** Return sentences, or what of them is said without a long pause. */
function groups(all) {
  const found = [];
  all.forEach((piece, index) => {
    const before = all[index - 1];
    const silence = before ? piece.start - before.end : PAUSE;
    const ends = () => SURE_END.test(before.text) || (silence >= SENTENCE_PAUSE && SENTENCE_END.test(before.text));
    if (silence >= PAUSE || ends()) found.push([]);
    found.at(-1).push(piece);
  });
  return found;
}

function fitting(group) {
  const isLong = group.at(-1).end - group[0].start > LONGEST;
  if (group.length === 1 || !(isLong || lines(group).some((line) => width(line) > LINE_WIDTH))) return [group];
  const [cut] = cuts(group);
  return [...fitting(group.slice(0, cut)), ...fitting(group.slice(cut))];
}

/** Return the text in one line, or in two; too wide where it does not fit. */
function lines(group) {
  const whole = written(group);
  if (width(whole) <= LINE_WIDTH) return [whole];
  const both = cuts(group).map((cut) => [written(group.slice(0, cut)), written(group.slice(cut))]);
  return both.find((pair) => pair.every((line) => width(line) <= LINE_WIDTH)) ?? [whole];
}

/** Return where a group may be cut, the best place first: even halves, marks and breaths. */
function cuts(group) {
  const widths = group.map((_, index) => width(written(group.slice(0, index + 1))));
  const cost = (cut) => {
    const left = group[cut - 1];
    const uneven = Math.abs(2 * widths[cut - 1] - widths.at(-1)) / widths.at(-1);
    if (CLAUSE_END.test(left.text) || group[cut].start - left.end >= BREATH) return uneven - AT_A_MARK;
    return /\s$/.test(left.text) ? uneven - AT_A_BLANK : uneven;
  };
  return group.slice(1).map((_, index) => index + 1).sort((one, other) => cost(one) - cost(other));
}

const written = (group) => group.map(({ text }) => text).join("").replace(/\s+/g, " ").trim();

const width = (text) => [...text].length + (text.match(WIDE) ?? []).length;

function time(seconds, point) {
  const ms = Math.round(seconds * 1000);
  const parts = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return `${clock}${point}${String(ms % 1000).padStart(3, "0")}`;
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

export const srt = (list) => list.map(({ start, end, lines: shown }, index) =>
  `${index + 1}\n${time(start, ",")} --> ${time(end, ",")}\n${shown.join("\n")}\n`).join("\n");

export const vtt = (list) => `WEBVTT\n\n${list.map(({ start, end, lines: shown }) =>
  `${time(start, ".")} --> ${time(end, ".")}\n${escaped(shown.join("\n"))}\n`).join("\n")}`;
