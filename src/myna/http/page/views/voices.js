/** The view of the voice library. */

import { Deck } from "../modules/deck.js";
import { asked, confirmed } from "../modules/dialog.js";
import { announce, find, icon, make, save } from "../modules/document.js";
import { decoded } from "../modules/files.js";
import { library } from "../modules/library.js";
import { number, onLocale, t } from "../modules/locale.js";
import { showProblem } from "../modules/problems.js";
import { ask, askJson, sendForm, sendJson } from "../modules/server.js";
import { sign } from "../modules/voice_picker.js";

const qualities = new Map(); // by voice id: a promise of what the server measured

export function startVoices() {
  library.addEventListener("change", show);
  onLocale(show);
  addEventListener("view", show);
  const file = find("#voice-import");
  file.addEventListener("change", () => attempt(async () => {
    const { name } = await (await sendForm("v1/voices/import", { file: file.files[0] })).json();
    file.value = "";
    await library.refresh();
    announce(t("voices.added", { name }));
  }));
}

/** Do something; what goes wrong is told above the list. */
async function attempt(act) {
  showProblem(find("#voices-problem"), null);
  try {
    await act();
  } catch (error) {
    showProblem(find("#voices-problem"), error);
  }
}

const path = (voice, part = "") => `v1/voices/${encodeURIComponent(voice.name)}${part}`;

function show() {
  if (find("#view-voices").hidden) return;
  find("#voice-list").replaceChildren(...library.voices.map(card));
}

function card(voice) {
  const about = [t(`language.${voice.language}`), t("figure.s", { s: number(voice.duration, 1) }), voice.speaker];
  const deck = make("div", { class: "voice-deck" });
  const quality = make("div", { class: "quality", role: "status" }, t("voices.judging"));
  judge(voice, quality);
  const button = (name, iconName, act) => make("button", {
    type: "button", class: "quiet icon", "aria-label": t(`voices.${name}.of`, { name: voice.name }),
    title: t(`voices.${name}`), onclick: () => attempt(act),
  }, icon(iconName));
  return make("li", { class: "card pad voice-card", "data-voice": voice.name },
    make("div", { class: "editor-head" },
      sign(voice),
      make("div", {}, make("h2", {}, voice.name), make("p", { class: "hint" }, about.filter(Boolean).join(" · "))),
      make("span", { class: "grow" }),
      button("play", "play", () => play(voice, deck)),
      button("rename", "pencil", () => rename(voice)),
      button("export", "download", async () => save(await (await ask(path(voice, "/export"))).blob(), `${voice.name}.zip`)),
      button("remove", "trash", () => remove(voice))),
    make("p", { class: "transcript", lang: voice.language },
      voice.transcript || make("em", {}, t("voices.silent"))),
    make("p", { class: "hint" }, t("voices.consent", { consent: voice.consent || t("voices.consent.none") })),
    deck, quality);
}

async function play(voice, place) {
  if (place.deck) {
    place.deck.toggle();
    return;
  }
  const recording = await decoded(await (await ask(path(voice, "/reference?format=flac"))).blob());
  place.deck = new Deck(place, { withSpectrum: false });
  place.deck.load(recording);
  await place.deck.play();
}

async function rename(voice) {
  const name = await asked(t("voices.rename"), t("add.name"), voice.name);
  if (!name || name === voice.name) return;
  await sendJson(path(voice), { name }, "PATCH");
  await library.refresh();
  announce(t("voices.renamed", { name }));
}

async function remove(voice) {
  const { name } = voice;
  if (!await confirmed(t("voices.remove.title", { name }), t("voices.remove.words"), t("voices.remove"))) return;
  await ask(path(voice), { method: "DELETE" });
  await library.refresh();
  announce(t("voices.removed", { name }));
  find("#voices-title").focus();
}

/** Show what the server thinks of a voice's recording: its measures, and what would be better. */
async function judge(voice, place) {
  if (!qualities.has(voice.id)) qualities.set(voice.id, askJson(path(voice, "/quality")));
  try {
    const found = await qualities.get(voice.id);
    const codes = found.remarks.map(({ code }) => code);
    const measure = (name, value, ...bad) => make("li", { class: bad.some((code) => codes.includes(code)) ? "bad" : "good" },
      make("span", {}, t(`quality.${name}`)), make("b", {}, value));
    place.replaceChildren(
      make("ul", { class: "measures" },
        measure("speech", t("figure.s", { s: number(found.speech, 1) }), "short", "long"),
        measure("noise", t("quality.db", { db: number(found.noise) }), "noisy"),
        measure("clipped", new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 }).format(found.clipped), "clipped")),
      ...codes.map((code) => make("p", { class: "hint-box" }, t(`remark.${code}`))));
  } catch (error) {
    qualities.delete(voice.id);
    place.replaceChildren(make("p", { class: "hint-box" }, error.message));
  }
}
