/** @file Arrays of independent draws, each array a function of a 64-bit key. */
import { threefry2x32 } from './threefry.ts';

export type NoiseKind = 'normal' | 'uniform' | 'exponential';

/** Fills `out` with noise. Element e takes the cipher of counter 4 ⌊e / 8⌋ + e mod 4: its first word if e mod 8 < 4, else its second. */
export function fillNoise(kind: NoiseKind, key0: number, key1: number, out: Float32Array): void {
  const words = new Uint32Array(2);
  for (let start = 0; start < out.length; start += 8) {
    for (let lane = 0; lane < 4; lane++) {
      threefry2x32(key0, key1, start / 2 + lane, 0, words);
      const [a = 0, b = 0] = words;
      const [first, second] = PAIRS[kind](a, b);
      out[start + lane] = first;
      out[start + lane + 4] = second;
    }
  }
}

const PAIRS: Readonly<Record<NoiseKind, (a: number, b: number) => readonly [number, number]>> = {
  uniform: (a, b) => [((a >>> 9) + 0.5) * 2 ** -23, ((b >>> 9) + 0.5) * 2 ** -23],
  exponential: (a, b) => [-Math.log((a + 0.5) * 2 ** -32), -Math.log((b + 0.5) * 2 ** -32)],
  normal: (a, b) => {
    const u = (a + ((b & 0xffff) + 0.5) * 2 ** -16) * 2 ** -32;
    const radius = Math.sqrt(-2 * Math.log(u));
    const angle = 2 * Math.PI * b * 2 ** -32;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
};
