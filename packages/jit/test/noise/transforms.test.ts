/** @file What becomes of chosen words, extreme ones among them, against float64. */
import { exponentials } from '../../src/noise/exponential.ts';
import { NoiseLanes } from '../../src/noise/noiseLanes.ts';
import type { Words } from '../../src/noise/noiseLanes.ts';
import { normals } from '../../src/noise/normal.ts';
import { uniforms } from '../../src/noise/uniform.ts';
import type { Local } from '../../src/wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../../src/wasm/encode/moduleBuilder.ts';
import { drawsOf } from './words.ts';

const TRANSFORMS = { normal: normals, uniform: uniforms, exponential: exponentials };

/** Powers of two and the words around them, and some between: every exponent, every quadrant and octant, both ends. */
const WORDS: readonly number[] = [
  ...new Set(Array.from({ length: 33 }, (_, i) => [-1, 0, 1].map((d) => (2 ** i + d) >>> 0)).flat()),
  ...[1, 3, 5, 6, 7].flatMap((octant) => [-1, 0, 1].map((d) => octant * 2 ** 29 + d)),
  0xb504f333, 0x12345678, 0xfedcba98, 0xffff0000, 0xffff8000, 0xff000001,
];

const PAIRS: readonly [number, number][] = WORDS.flatMap((a) => WORDS.map((b): [number, number] => [a, b]));

describe.each(['normal', 'exponential', 'uniform'] as const)('%s draws', (kind) => {
  const draws = transformed(TRANSFORMS[kind], PAIRS);

  test('are precise in relative terms, for whatever words', () => {
    let worst = 0;
    PAIRS.forEach((words, i) => {
      drawsOf(kind, words).forEach((exact, half) => {
        const error = Math.abs(draws[i]![half]! - exact);
        if (exact === 0) expect(error).toBe(0);
        else worst = Math.max(worst, error / Math.abs(exact));
      });
    });
    // Some ten roundings of 2^-24 at most, that seldom add up.
    expect(worst * 2 ** 24).toBeLessThan(6);
  });

  test('lie inside of the support', () => {
    const all = draws.flat();
    const [least, greatest] = [Math.min(...all), Math.max(...all)];
    // The most that 48 bits can say: -log of 2^-49, and the radius that goes with it.
    if (kind === 'normal') expect(Math.max(-least, greatest)).toBeCloseTo(Math.sqrt(2 * 49 * Math.LN2), 5);
    if (kind === 'exponential') expect([least * 2 ** 49, greatest]).toEqual([expect.closeTo(1, 5), expect.closeTo(49 * Math.LN2, 5)]);
    if (kind === 'uniform') expect([least, greatest]).toEqual([2 ** -24, 1 - 2 ** -24]);
  });
});

/** The draws of each pair of words. */
function transformed(
  transform: (v: NoiseLanes, words: Words) => readonly [Local, Local],
  pairs: readonly (readonly [number, number])[],
): [number, number][] {
  const rows = 4 * Math.ceil(pairs.length / 4);
  const module = new ModuleBuilder();
  const index = module.function([], [], (f) => {
    const v = new NoiseLanes(f);
    const address = f.local('i32');
    f.forRange(address, 0, 4 * rows, 16, () => {
      const words = { a: v.load(address, 0), b: v.load(address, 4 * rows) };
      transform(v, words).forEach((values, half) => v.store(address, 4 * rows * half, values));
    });
  });
  module.export('run', index);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((8 * rows) / 65536) });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes() as Uint8Array<ArrayBuffer>), { host: { memory } });
  const words = new Uint32Array(memory.buffer);
  pairs.forEach(([a, b], i) => {
    words[i] = a;
    words[rows + i] = b;
  });
  (instance.exports['run'] as () => void)();
  const values = new Float32Array(memory.buffer);
  return pairs.map((_, i) => [values[i]!, values[rows + i]!]);
}
