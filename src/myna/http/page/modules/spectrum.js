/** Short-time spectra for pictures of speech. */

export const COLUMN_SAMPLES = 480; // samples from one column to the next: 10 ms
export const BINS = 128; // rows of the picture, 0 to 8 kHz
const SIZE = 1024; // samples of a window: 21 ms
const SPREAD = 1.333; // rows to FFT bins: 8 kHz over BINS rows
const FLOOR = -92; // dB of full scale that is shown as nothing
const RANGE = 70; // dB

const window = Float32Array.from({ length: SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));
const cosines = Float32Array.from({ length: SIZE / 2 }, (_, n) => Math.cos((2 * Math.PI * n) / SIZE));
const sines = Float32Array.from({ length: SIZE / 2 }, (_, n) => Math.sin((2 * Math.PI * n) / SIZE));
const reversed = Uint16Array.from({ length: SIZE }, (_, n) => {
  let bits = 0;
  for (let bit = 0; bit < Math.log2(SIZE); bit += 1) bits |= ((n >> bit) & 1) << (Math.log2(SIZE) - 1 - bit);
  return bits;
});
const real = new Float32Array(SIZE);
const imaginary = new Float32Array(SIZE);

/** Transform `real` and `imaginary` in place (radix 2; they hold the input in bit-reversed order). */
function transform() {
  for (let half = 1; half < SIZE; half *= 2) {
    const step = SIZE / (2 * half);
    for (let start = 0; start < SIZE; start += 2 * half) {
      for (let k = 0; k < half; k += 1) {
        const [a, b] = [start + k, start + k + half];
        const re = real[b] * cosines[k * step] + imaginary[b] * sines[k * step];
        const im = imaginary[b] * cosines[k * step] - real[b] * sines[k * step];
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
}

/** Return how loud each of BINS bands is around a column of a recording: 0 to 255. */
export function column(recording, index) {
  const centre = index * COLUMN_SAMPLES;
  const samples = recording.between(centre - SIZE / 2, centre + SIZE / 2);
  const missing = Math.max(0, SIZE / 2 - centre);
  for (let n = 0; n < SIZE; n += 1) {
    real[reversed[n]] = ((samples[n - missing] ?? 0) / 32768) * window[n];
  }
  imaginary.fill(0);
  transform();
  return Uint8Array.from({ length: BINS }, (_, row) => {
    const bin = Math.round((row + 1) * SPREAD);
    const power = (real[bin] ** 2 + imaginary[bin] ** 2) / (SIZE * SIZE * 0.0625);
    const level = 10 * Math.log10(power + 1e-12) + 6 * (row / BINS); // speech falls with frequency
    return Math.max(0, Math.min(255, (255 * (level - FLOOR)) / RANGE));
  });
}
