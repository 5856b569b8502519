/** @file Draws in the plainest way: Threefry-2x32-20 on numbers, and float64 formulas of its words. */
import type { NoiseKind } from '../../src/noise/kind.ts';

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];

/** The two words of a counter under a key: Salmon et al. 2011, section 3.3, in the words of the paper. */
export function threefry([k0, k1]: readonly [number, number], [c0, c1]: readonly [number, number]): [number, number] {
  const key = [k0, k1, (k0 ^ k1 ^ 0x1bd11bda) >>> 0];
  let [x, y] = [(c0 + k0) >>> 0, (c1 + k1) >>> 0];
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round % 8]!;
    x = (x + y) >>> 0;
    y = (((y << turn) | (y >>> (32 - turn))) ^ x) >>> 0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x = (x + key[injection % 3]!) >>> 0;
      y = (y + key[(injection + 1) % 3]! + injection) >>> 0;
    }
  }
  return [x, y];
}

/** Element `e` of the noise of a key, in float64. */
export function drawOf(kind: NoiseKind, key: readonly [number, number], e: number): number {
  const isFirst = e % 8 < 4;
  const [a, b] = threefry(key, [4 * Math.floor(e / 8) + (e % 4), 0]);
  const [word, other] = isFirst ? [a, b] : [b, a];
  if (kind === 'uniform') return (Math.floor(word / 512) + 0.5) / 2 ** 23;
  if (kind === 'exponential') return minusLog(word, other);
  const r = Math.sqrt(2 * minusLog(a, b));
  const angle = (2 * Math.PI * b) / 2 ** 32;
  return isFirst ? r * Math.cos(angle) : r * sinOf(b, angle);
}

/** -log of (word + f) 2^-32, by log1p where that is near 1. */
function minusLog(word: number, fine: number): number {
  const f = ((fine % 65536) + 0.5) / 65536;
  return word < 2 ** 31 ? -Math.log((word + f) / 2 ** 32) : -Math.log1p((word - 2 ** 32 + f) / 2 ** 32);
}

/** sin of the angle of b, whose multiples of pi float64 does not meet exactly. */
function sinOf(b: number, angle: number): number {
  return b > 2 ** 30 && b < 3 * 2 ** 30 ? Math.sin((2 * Math.PI * (2 ** 31 - b)) / 2 ** 32) : Math.sin(angle);
}
