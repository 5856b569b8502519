/** @file Noise outside of programs, by the same code. */
import { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { NoiseFunction } from './kernel.ts';
import { BLOCK, noiseKernel } from './kernel.ts';
import { NOISE_KINDS } from './kind.ts';
import type { NoiseKind } from './kind.ts';

/** A kernel's module has one page of memory, which it fills as often as need be. */
const PAGE_BYTES = 65536;
const CHUNK = PAGE_BYTES / 4;

/** A kernel, and the draws that it writes. */
interface Filler {
  readonly fill: NoiseFunction;
  readonly draws: Float32Array;
}

const fillers = new Map<NoiseKind, Filler>();

/**
 * Fills an array with independent draws: standard normal ones, uniform ones in (0, 1), or exponential ones of rate 1. They are
 * a function of the key and of their place alone, and have the same bits on every machine, in programs compiled with
 * `generateNoise` too.
 *
 * Draw e comes of the words (a, b) that Threefry-2x32-20 makes of the counter (4 floor(e / 8) + e mod 4, 0). With j = e mod 8:
 * - `'uniform'`: ((w >>> 9) + 1/2) 2^-23 of w = a where j < 4, else b.
 * - `'exponential'`: -log u of u = (w + f) 2^-32, where f is 16 bits of the other word; between 2^-49 and 34.
 * - `'normal'`: r cos θ where j < 4, else r sin θ, with r^2 / 2 exponential, of a, and θ = 2 pi b 2^-32; up to 8.3 in size.
 *
 * @param key0 - the first 32 bits of the key, with or without sign.
 * @param key1 - the others.
 * @throws TypeError for an unknown kind, or where `out` is no Float32Array.
 */
export function fillNoise(kind: NoiseKind, key0: number, key1: number, out: Float32Array): void {
  if (!NOISE_KINDS.includes(kind)) throw new TypeError(`fillNoise: there is no kind ${typeof kind === 'string' ? JSON.stringify(kind) : typeof kind} of noise, only ${NOISE_KINDS.join(', ')}`);
  if (!(out instanceof Float32Array)) throw new TypeError('fillNoise: noise is written to a Float32Array');
  const { fill, draws } = fillerOf(kind);
  for (let begin = 0; begin < out.length; begin += CHUNK) {
    const count = Math.min(CHUNK, out.length - begin);
    fill(key0, key1, begin / 2, 0, Math.ceil(count / BLOCK));
    out.set(draws.subarray(0, count), begin);
  }
}

/** The filler of a kind, made when it is asked for first. */
function fillerOf(kind: NoiseKind): Filler {
  let filler = fillers.get(kind);
  if (filler === undefined) {
    filler = makeFiller(kind);
    fillers.set(kind, filler);
  }
  return filler;
}

function makeFiller(kind: NoiseKind): Filler {
  const module = new ModuleBuilder();
  module.export('fill', noiseKernel(module, kind, 'float32'));
  module.requireMemory(PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const compiled = new WebAssembly.Module(module.toBytes() as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(compiled, { host: { memory } });
  return { fill: exports['fill'] as NoiseFunction, draws: new Float32Array(memory.buffer) };
}
