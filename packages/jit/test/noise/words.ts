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
  const words = threefry(key, [4 * Math.floor(e / 8) + (e % 4), 0]);
  return drawsOf(kind, words)[e % 8 < 4 ? 0 : 1];
}

/** The two draws that are made of two words, in float64. */
export function drawsOf(kind: NoiseKind, [a, b]: readonly [number, number]): [number, number] {
  if (kind === 'uniform') return [uniform(a), uniform(b)];
  if (kind === 'exponential') return [minusLog(a, b), minusLog(b, a)];
  const r = Math.sqrt(2 * minusLog(a, b));
  return [r * cosOfTurn(b / 2 ** 32), r * cosOfTurn(b / 2 ** 32 - 0.25)];
}

function uniform(word: number): number {
  return (Math.floor(word / 512) + 0.5) / 2 ** 23;
}

/** cos 2 pi t, exact where it is 0, for -1/4 <= t < 1. */
function cosOfTurn(t: number): number {
  const fromHalf = Math.abs(Math.abs(t) - 0.5);
  return Math.sin(2 * Math.PI * (fromHalf - 0.25));
}

/** -log of (word + f) 2^-32, by log1p where that is near 1. */
function minusLog(word: number, fine: number): number {
  const f = ((fine % 65536) + 0.5) / 65536;
  return word < 2 ** 31 ? -Math.log((word + f) / 2 ** 32) : -Math.log1p((word - 2 ** 32 + f) / 2 ** 32);
}
