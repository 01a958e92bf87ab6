/** The words of the page, in the language of whoever reads it. */

import { en } from "../locales/en.js";
import { ko } from "../locales/ko.js";

export const LOCALES = { en, ko };

const KEPT = "myna.locale";
const ATTRIBUTES = { "data-t-label": "aria-label", "data-t-placeholder": "placeholder" };
const changed = new EventTarget();

let chosen = localStorage.getItem(KEPT) ?? fromBrowser();

function fromBrowser() {
  const wanted = navigator.languages.map((tag) => tag.split("-")[0]);
  return wanted.find((tag) => tag in LOCALES) ?? "en";
}

export const locale = () => chosen;

/** Return the words for a key, with {names} replaced by values. */
export function t(key, values = {}) {
  const words = LOCALES[chosen][key] ?? en[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there are words for a key. */
export const has = (key) => key in LOCALES[chosen];

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(chosen, { maximumFractionDigits: digits, minimumFractionDigits: digits })
    .format(value);

/** Return seconds as people write them: 0:04, 12:30. */
export function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Put words into every element that asks for some. */
export function translate(root = document) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const [from, to] of Object.entries(ATTRIBUTES)) {
    for (const element of root.querySelectorAll(`[${from}]`)) {
      element.setAttribute(to, t(element.getAttribute(from)));
    }
  }
}

export function choose(name) {
  chosen = name;
  localStorage.setItem(KEPT, name);
  document.documentElement.lang = name;
  translate();
  changed.dispatchEvent(new Event("change"));
}

/** Call when the language changes. */
export const onLocale = (listener) => changed.addEventListener("change", listener);
