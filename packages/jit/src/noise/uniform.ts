/** @file Uniform draws in (0, 1). */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { NoiseLanes, Words } from './noiseLanes.ts';

/** Odd multiples of 2^-24, all floats, of the first 23 bits of each word. */
export function uniforms(v: NoiseLanes, { a, b }: Words): readonly [Local, Local] {
  return [uniform(v, a), uniform(v, b)];
}

function uniform(v: NoiseLanes, word: Local): Local {
  // The bits are the fraction of a float in [1, 2).
  const shifted = v.bitOr(v.shiftRight(word, 9), v.constant(1));
  return v.sub(shifted, v.constant(1 - 2 ** -24));
}
