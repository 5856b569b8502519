/** @file The bytes of vector constants: the same array for the same constant, so that it can be recognised. */
import type { Precision } from '../lanes/lanes.ts';

const numbers: Readonly<Record<Precision, Map<number, Uint8Array>>> = { float64: new Map(), float32: new Map() };
const patterns: Readonly<Record<Precision, Map<bigint, Uint8Array>>> = { float64: new Map(), float32: new Map() };

/** The number in every lane; not -0, which a map does not tell from 0. */
export function splatOfNumber(precision: Precision, x: number): Uint8Array {
  return known(numbers[precision], x, () => (precision === 'float64' ? new Float64Array(2) : new Float32Array(4)).fill(x));
}

/** The bits in every lane. */
export function splatOfBits(precision: Precision, pattern: bigint): Uint8Array {
  return known(patterns[precision], pattern, () => {
    if (precision === 'float64') return new BigUint64Array(2).fill(BigInt.asUintN(64, pattern));
    return new Uint32Array(4).fill(Number(BigInt.asUintN(32, pattern)));
  });
}

function known<Key>(cache: Map<Key, Uint8Array>, key: Key, make: () => ArrayBufferView): Uint8Array {
  let bytes = cache.get(key);
  if (bytes === undefined) {
    bytes = new Uint8Array(make().buffer);
    cache.set(key, bytes);
  }
  return bytes;
}
