/** The API key: asked for once, kept in this tab only. */

import { conversation } from "./conversation.js";
import { open } from "./dialog.js";
import { make } from "./document.js";
import { t } from "./locale.js";
import { told } from "./problems.js";
import { keepKey, key } from "./server.js";

let isOpen = false;

/** Ask for a key; `error` says why one is needed. */
async function askForKey(error = null) {
  if (isOpen) return;
  isOpen = true;
  const input = make("input", {
    type: "password", id: "key-input", autocomplete: "off", spellcheck: "false", value: key(), placeholder: "myna_…",
  });
  const parts = [
    error ? make("p", { class: "problem" }, told(error).words) : null,
    make("p", {}, t("key.explained")),
    make("label", { class: "field", for: "key-input" }, t("key.label"), input),
  ].filter(Boolean);
  const buttons = [{ value: "", label: t("dialog.cancel") }, { value: "use", label: t("key.use"), kind: "primary" }];
  if (key()) buttons.unshift({ value: "forget", label: t("key.forget") });
  const answer = await open(t("key.title"), parts, buttons);
  isOpen = false;
  if (!answer) return;
  keepKey(answer === "forget" ? "" : input.value.trim());
  conversation.connect();
}

export function startKeys(button) {
  button.addEventListener("click", () => askForKey());
  conversation.addEventListener("state", ({ detail }) => {
    if (conversation.state === "locked") askForKey(key() ? detail : null);
  });
}

export { askForKey };
