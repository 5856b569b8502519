/** @file Exponential draws of rate 1. */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import { minusTwiceLog } from './minusTwiceLog.ts';
import type { NoiseLanes, Words } from './noiseLanes.ts';

/** -log u of each word, with the lower half of the other for what lies beyond its last bit: between 2^-49 and 34. */
export function exponentials(v: NoiseLanes, { a, b }: Words): readonly [Local, Local] {
  const draw = (word: Local, fine: Local): Local => v.mul(minusTwiceLog(v, word, fine), v.constant(0.5));
  return [draw(a, b), draw(b, a)];
}
