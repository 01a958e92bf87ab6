/** 16-bit samples as a WAV file. */

import { SAMPLE_RATE } from "./recording.js";

const HEADER = 44; // bytes

/** Return a mono WAV file of Int16 samples. */
export function wav(samples, sampleRate = SAMPLE_RATE) {
  const header = new DataView(new ArrayBuffer(HEADER));
  const write = (at, letters) => [...letters].forEach((c, i) => header.setUint8(at + i, c.charCodeAt(0)));
  write(0, "RIFF");
  header.setUint32(4, HEADER - 8 + samples.byteLength, true);
  write(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 1, true); // channels
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, 2 * sampleRate, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  write(36, "data");
  header.setUint32(40, samples.byteLength, true);
  return new Blob([header, samples], { type: "audio/wav" });
}
