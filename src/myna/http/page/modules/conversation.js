/** The one WebSocket of the page: utterances out, sound and word times in. */

import { Away, Refused, askJson, openSocket } from "./server.js";

const PATH = "v1/speech/stream";
const FIRST_WAIT = 400; // ms until the second attempt to reach a server that is away
const LONGEST_WAIT = 5000; // ms

/** How the line is: `opening`, `open`, `away` (nobody answers) or `locked` (a key is needed). */
class Conversation extends EventTarget {
  state = "opening";
  #socket = null;
  #listeners = new Map(); // by utterance id
  #heard = null; // the utterance whose sound arrives
  #count = 0;
  #attempt = 0; // to connect; only the last one counts
  #wait = FIRST_WAIT;
  #timer = 0;

  /** Connect, and again whenever the line breaks. */
  async connect() {
    clearTimeout(this.#timer);
    this.#close();
    if (this.state !== "away") this.#become("opening");
    const attempt = this.#attempt += 1;
    try {
      await askJson("v1/engines"); // says why, where a WebSocket would only fail
      if (attempt !== this.#attempt) return;
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof Refused && [401, 403].includes(error.status)) this.#become("locked", error);
      else this.#retry(error);
      return;
    }
    const socket = openSocket(PATH);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT;
      this.#become("open");
    });
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#retry(new Away("The connection broke."));
    });
  }

  /** Begin an utterance and return its id. `listener` has started, sound, words, done, failed, lost. */
  start(manner, listener) {
    if (this.state !== "open") throw new Away("The server is away.");
    this.#count += 1;
    const id = String(this.#count);
    this.#listeners.set(id, listener);
    this.#send({ type: "start", id, ...manner });
    return id;
  }

  write(id, text) { this.#sendTo(id, { type: "text", id, text }); }

  flush(id) { this.#sendTo(id, { type: "flush", id }); }

  end(id) { this.#sendTo(id, { type: "end", id }); }

  /** Drop an utterance: its listener hears nothing more. */
  cancel(id) {
    this.#sendTo(id, { type: "cancel", id });
    this.#listeners.delete(id);
  }

  #sendTo(id, message) {
    if (this.#listeners.has(id)) this.#send(message);
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #take(data) {
    if (data instanceof ArrayBuffer) {
      this.#listeners.get(this.#heard)?.sound(data);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "started") this.#heard = message.id;
    const listener = this.#listeners.get(message.id);
    if (!listener) return;
    if (message.type === "started") listener.started(message);
    else if (message.type === "words") listener.words(message.words);
    else this.#finish(message, listener);
  }

  #finish(message, listener) {
    this.#listeners.delete(message.id);
    if (message.type === "done") listener.done(message.duration);
    if (message.type === "error") {
      listener.failed(new Refused(message.error.code, message.error.message, 0));
    }
  }

  #retry(error) {
    this.#close();
    this.#become("away", error);
    this.#timer = setTimeout(() => this.connect(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 1.6);
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.lost();
  }

  #become(state, error = null) {
    const before = this.state;
    this.state = state;
    if (state !== before) this.dispatchEvent(new CustomEvent("state", { detail: error }));
  }
}

export const conversation = new Conversation();
addEventListener("online", () => conversation.state === "away" && conversation.connect());
