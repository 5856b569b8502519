/** @file Arrays of noise, element by element, against float64. */
import fc from 'fast-check';
import { fillNoise } from '../../src/noise/fill.ts';
import { NOISE_KINDS } from '../../src/noise/kind.ts';
import type { NoiseKind } from '../../src/noise/kind.ts';
import { drawOf } from './words.ts';

const word = fc.nat(0xffffffff);

function noise(kind: NoiseKind, [k0, k1]: readonly [number, number], count: number): Float32Array {
  const out = new Float32Array(count);
  fillNoise(kind, k0, k1, out);
  return out;
}

test('uniforms are exact', () => {
  fc.assert(
    fc.property(word, word, (k0, k1) => {
      expect([...noise('uniform', [k0, k1], 64)]).toEqual(Array.from({ length: 64 }, (_, e) => drawOf('uniform', [k0, k1], e)));
    }),
  );
});

/** The greatest error of draws in units of 2^-24 of themselves: one rounding of float32 is at most one such unit. */
function worst(kind: NoiseKind, keys: readonly (readonly [number, number])[], count: number): number {
  let most = 0;
  for (const key of keys) {
    noise(kind, key, count).forEach((x, e) => {
      const exact = drawOf(kind, key, e);
      most = Math.max(most, Math.abs(x - exact) / Math.abs(exact));
    });
  }
  return most * 2 ** 24;
}

test.each(['normal', 'exponential'] as const)('%s draws are precise in relative terms', (kind) => {
  // Some ten roundings, that seldom add up.
  expect(worst(kind, [[1, 2], [0xdeadbeef, 3]], 30_000)).toBeLessThan(6);
});

test('every length has exactly its elements, and shorter arrays begin like longer ones', () => {
  for (const kind of NOISE_KINDS) {
    const long = noise(kind, [7, 8], 100);
    for (let count = 0; count <= 40; count++) {
      const backing = new Float32Array(count + 2).fill(-99);
      fillNoise(kind, 7, 8, backing.subarray(1, count + 1));
      expect([...backing]).toEqual([-99, ...long.subarray(0, count), -99]);
    }
  }
});

test('long arrays go on where the memory of the kernels ends', () => {
  const key = [5, 6] as const;
  const long = noise('uniform', key, 40_001);
  for (const e of [0, 16_383, 16_384, 16_385, 32_767, 32_768, 40_000]) expect(long[e]).toBe(drawOf('uniform', key, e));
});

test('keys are words with or without sign', () => {
  expect(noise('normal', [-1, -2], 9)).toEqual(noise('normal', [0xffffffff, 0xfffffffe], 9));
});

test('what is no noise is refused', () => {
  expect(() => fillNoise('cauchy' as never, 0, 0, new Float32Array(1))).toThrow('no kind "cauchy" of noise, only normal, uniform, exponential');
  expect(() => fillNoise('normal', 0, 0, new Float64Array(1) as never)).toThrow('Float32Array');
});
