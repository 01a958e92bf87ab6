/** Records from the microphone, as it is: nothing filtered, nothing levelled. */

import { wav } from "./wav.js";

const WORKLET = new URL("../worklets/capture.js", import.meta.url);
const AS_IT_IS = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** The microphone cannot be used; `code` says why. */
export class NoMicrophone extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const REASONS = { NotAllowedError: "microphone_denied", NotFoundError: "microphone_missing" };

/** Begin to record. `level` hears how loud it is, 0 to 1. The result's `stop` gives a WAV file. */
export async function record(level) {
  if (!navigator.mediaDevices?.getUserMedia) throw new NoMicrophone("microphone_insecure");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
  } catch (error) {
    throw new NoMicrophone(REASONS[error.name] ?? "microphone_failed");
  }
  const audio = new AudioContext(); // at the microphone's own rate
  await audio.audioWorklet.addModule(WORKLET);
  const node = new AudioWorkletNode(audio, "capture", { numberOfOutputs: 0 });
  const pieces = [];
  node.port.onmessage = ({ data }) => {
    pieces.push(data);
    level(Math.min(1, 1.4 * Math.sqrt(data.reduce((sum, sample) => Math.max(sum, sample * sample), 0))));
  };
  audio.createMediaStreamSource(stream).connect(node);
  return {
    get seconds() { return pieces.reduce((sum, piece) => sum + piece.length, 0) / audio.sampleRate; },
    stop() {
      stream.getTracks().forEach((track) => track.stop());
      const rate = audio.sampleRate;
      audio.close();
      const samples = pieces.flatMap((piece) => Array.from(piece, (s) => Math.round(Math.max(-1, Math.min(1, s)) * 32767)));
      return wav(Int16Array.from(samples), rate);
    },
  };
}
