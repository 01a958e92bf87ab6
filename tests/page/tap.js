// Hands on every block that is not silent, as 16-bit samples.
registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[input]]) {
    if (input?.some((sample) => sample !== 0)) {
      this.port.postMessage(Array.from(input, (sample) => Math.round(sample * 32768)));
    }
    return true;
  }
});
