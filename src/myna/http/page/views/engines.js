/** The view of the engines: what can speak, and what it takes to make the others speak. */

import { announce, find, make } from "../modules/document.js";
import { lastRequest } from "../modules/last_request.js";
import { library } from "../modules/library.js";
import { has, number, onLocale, t } from "../modules/locale.js";

const COMMAND = /\b((?:pip install|myna) .+)$/;

export function startEngines() {
  for (const [source, event] of [[library, "change"], [lastRequest, "change"]]) {
    source.addEventListener(event, show);
  }
  onLocale(show);
  addEventListener("view", ({ detail }) => { if (detail === "engines") library.refresh().catch(() => {}); });
  find("#engine").addEventListener("change", show);
}

function show() {
  find("#engine-list").replaceChildren(...library.engines.map(card));
  const { figures } = lastRequest;
  find("#last-none").hidden = figures !== null;
  const rows = figures === null ? [] : [
    ["figure.engine", figures.engine || t("speak.engine.any")],
    ["figure.first", t("figure.ms", { ms: number(figures.first) })],
    ["figure.factor", number(figures.factor, 3)],
    ["figure.seconds", t("figure.s", { s: number(figures.seconds, 1) })],
  ];
  find("#last-figures").replaceChildren(...rows.map(([name, value]) =>
    make("div", {}, make("dt", {}, t(name)), make("dd", {}, value))));
}

function card(engine) {
  const state = !engine.ready ? "missing" : engine.configured ? "ready" : "unused";
  const summary = `engine.${engine.name}`;
  const remedy = state === "unused" ? t("engines.unused.explained", { name: engine.name }) : engine.remedy;
  return make("li", { class: "card pad engine" },
    make("div", { class: "editor-head" },
      make("h2", {}, engine.name),
      make("span", { class: `badge ${state}` }, t(`engines.${state}`)),
      make("span", { class: "grow" }),
      state === "ready" ? chooser(engine.name) : null),
    make("p", {}, has(summary) ? t(summary) : engine.summary),
    remedy ? instruction(remedy) : null);
}

function chooser(name) {
  const select = find("#engine");
  const isChosen = select.value === name;
  return make("button", {
    type: "button", class: "secondary", "aria-pressed": String(isChosen),
    onclick: () => {
      select.value = isChosen ? "" : name;
      select.dispatchEvent(new Event("change"));
      announce(t(isChosen ? "engines.freed" : "engines.chosen", { name }));
    },
  }, t(isChosen ? "engines.inuse" : "engines.use"));
}

/** Show what to do; a command can be copied. */
function instruction(remedy) {
  const command = COMMAND.exec(remedy)?.[1];
  if (!command) return make("p", { class: "remedy", lang: "en" }, remedy);
  const copy = make("button", { type: "button", class: "secondary", onclick: async () => {
    await navigator.clipboard?.writeText(command);
    copy.textContent = t("engines.copied");
    announce(t("engines.copied"));
  } }, t("engines.copy"));
  return make("div", { class: "remedy" },
    make("p", { lang: "en" }, remedy.slice(0, -command.length)),
    make("div", { class: "command" }, make("code", {}, command), copy));
}
