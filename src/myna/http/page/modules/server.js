/** Requests to the server this page came from. */

const KEPT = "myna.key";
const BASE = new URL("../../", import.meta.url);

/** The server answered that it cannot do it. `code` is stable. */
export class Refused extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The server did not answer. */
export class Away extends Error {
  code = "away";
}

/** The key lives as long as this tab. */
export const key = () => sessionStorage.getItem(KEPT) ?? "";

export function keepKey(value) {
  if (value) sessionStorage.setItem(KEPT, value);
  else sessionStorage.removeItem(KEPT);
}

/** Return a request's response, or throw `Refused` or `Away`. */
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key()) headers.set("Authorization", `Bearer ${key()}`);
  let response;
  try {
    response = await fetch(new URL(path, BASE), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away(error.message);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error ?? {};
  return new Refused(error.code ?? "unknown", error.message ?? response.statusText, response.status);
}

export const askJson = async (path, options) => (await ask(path, options)).json();

export const sendJson = (path, body, method = "POST") =>
  ask(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/** Send a form; fields that are undefined are left out. */
export function sendForm(path, fields, options = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) form.append(name, value);
  }
  return ask(path, { method: "POST", body: form, ...options });
}

/** Return a new WebSocket. It can set no header, so the key travels as a subprotocol. */
export function openSocket(path) {
  const address = new URL(path, BASE);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, key() ? ["myna", `myna.key.${key()}`] : ["myna"]);
  socket.binaryType = "arraybuffer";
  return socket;
}
