/** Puts the page together. */

import { startAddVoice } from "../views/add_voice.js";
import { startEdit } from "../views/edit.js";
import { startEngines } from "../views/engines.js";
import { startSpeak } from "../views/speak.js";
import { startVoices } from "../views/voices.js";
import { conversation } from "./conversation.js";
import { announce, find, make } from "./document.js";
import { askForKey, startKeys } from "./keys.js";
import { choose, locale, onLocale, t } from "./locale.js";
import { startTheme } from "./theme.js";

const VIEWS = ["speak", "edit", "voices", "engines"];

function showView() {
  const wanted = location.hash.slice(1);
  if (location.hash === "#main") return; // the skip link
  const name = VIEWS.includes(wanted) ? wanted : "speak";
  for (const view of VIEWS) find(`#view-${view}`).hidden = view !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${t(`nav.${name}`)} · Myna`;
  dispatchEvent(new CustomEvent("view", { detail: name }));
}

function showState() {
  const banner = find("#banner");
  const { state } = conversation;
  const wasAway = !banner.hidden;
  banner.hidden = !["away", "locked"].includes(state);
  if (state === "open" && wasAway) announce(t("banner.back"));
  if (banner.hidden) return;
  const isAway = state === "away";
  const act = isAway ? () => conversation.connect() : () => askForKey();
  banner.replaceChildren(
    make("span", { class: isAway ? "pulse" : "dot" }),
    make("span", {}, t(`banner.${state}`)),
    make("button", { type: "button", class: "quiet", onclick: act }, t(`banner.${state}.act`)),
  );
}

function startLocale() {
  const button = find("#locale");
  const show = () => {
    const other = locale() === "ko" ? "en" : "ko";
    button.textContent = other === "ko" ? "한국어" : "English";
    button.lang = other;
  };
  button.addEventListener("click", () => choose(locale() === "ko" ? "en" : "ko"));
  onLocale(show);
  onLocale(showState);
  onLocale(() => { document.title = `${t(`nav.${location.hash.slice(1) || "speak"}`)} · Myna`; });
  choose(locale());
  show();
}

startLocale();
startTheme(find("#theme"));
startKeys(find("#key"));
const speak = startSpeak();
const edit = startEdit();
speak.addEventListener("edit", ({ detail: { file, text, manner } }) => edit.openTake(file, text, manner));
startAddVoice(speak.picker);
startVoices();
startEngines();
addEventListener("hashchange", () => {
  showView();
  find(`#view-${location.hash.slice(1)} h1`)?.focus();
});
conversation.addEventListener("state", showState);
showView();
conversation.connect();
