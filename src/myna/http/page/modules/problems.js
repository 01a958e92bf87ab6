/** What went wrong, in words and with the next step. */

import { make } from "./document.js";
import { has, locale, t } from "./locale.js";

/** Return what to tell of an error: what it means in the reader's language, then the server's words. */
export function told(error) {
  const key = `error.${error.code ?? "unexpected"}`;
  const words = has(key) ? t(key) : "";
  if (!words) return { words: error.message || t("error.unexpected"), detail: "" };
  // The server says it in English, exactly: enough for an English reader, a detail for others.
  if (locale() === "en" && error.status !== undefined) return { words: error.message, detail: "" };
  return { words, detail: error.status === undefined ? "" : error.message };
}

/** Show an error in a place for it, with a button that leads on; null clears it. */
export function showProblem(place, error, next = null) {
  place.hidden = !error;
  place.replaceChildren();
  if (!error) return;
  const { words, detail } = told(error);
  place.append(make("p", {}, words));
  if (detail) place.append(make("p", { class: "detail", lang: "en" }, detail));
  if (next) place.append(make("button", { type: "button", class: "secondary", onclick: next.act }, next.label));
}
