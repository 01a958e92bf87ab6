/** Recordings of files. */

import { Recording, SAMPLE_RATE } from "./recording.js";

/** Return a recording of an audio file, mixed to one channel; throws where the browser cannot read it. */
export async function decoded(blob) {
  // An offline context decodes without waking the loudspeaker.
  const audio = await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(await blob.arrayBuffer())
    .catch(() => { throw Object.assign(new Error("unreadable"), { code: "unreadable" }); });
  const mixed = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel += 1) {
    audio.getChannelData(channel).forEach((sample, index) => { mixed[index] += sample / audio.numberOfChannels; });
  }
  return Recording.of(mixed);
}
