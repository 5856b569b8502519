/** @file The cipher: the plain one against published answers, the one of four lanes against it. */
import fc from 'fast-check';
import { NoiseLanes } from '../../src/noise/noiseLanes.ts';
import { keySchedule, threefry as emitThreefry } from '../../src/noise/threefry.ts';
import { ModuleBuilder } from '../../src/wasm/encode/moduleBuilder.ts';
import { threefry } from './words.ts';

test('the plain cipher gives the known answers of Random123 for Threefry-2x32-20', () => {
  const all = 0xffffffff;
  expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  expect(threefry([all, all], [all, all])).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
});

test('every bit of every lane is that of the plain cipher', () => {
  const encrypt = compiledCipher();
  const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff));
  fc.assert(
    fc.property(word, word, fc.array(word, { minLength: 8, maxLength: 8 }), (k0, k1, counters) => {
      expect(encrypt(k0, k1, counters)).toEqual(counters.map((c) => threefry([k0, k1], [c, 0])));
    }),
    { numRuns: 300 },
  );
});

/** Two vectors of four counters, side by side. */
function compiledCipher(): (k0: number, k1: number, counters: readonly number[]) => [number, number][] {
  const module = new ModuleBuilder();
  const index = module.function(['i32', 'i32', 'i32'], [], (f) => {
    const v = new NoiseLanes(f);
    const address = f.param(2);
    const key = keySchedule(v, f.param(0), f.param(1));
    const started = [0, 16].map((offset) => v.bitAdd(v.load(address, offset), key.start));
    emitThreefry(v, key, started).forEach(({ a, b }, i) => {
      v.store(address, 16 * i, a);
      v.store(address, 32 + 16 * i, b);
    });
  });
  module.export('encrypt', index);
  module.requireMemory(64);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes() as Uint8Array<ArrayBuffer>), { host: { memory } });
  const words = new Uint32Array(memory.buffer);
  return (k0, k1, counters) => {
    words.set(counters);
    (instance.exports['encrypt'] as (k0: number, k1: number, address: number) => void)(k0, k1, 0);
    return counters.map((_, i) => [words[i]!, words[8 + i]!]);
  };
}
