/** @file The loop that fills an array with draws. */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import { exponentials } from './exponential.ts';
import type { NoiseKind } from './kind.ts';
import { NoiseLanes } from './noiseLanes.ts';
import type { Words } from './noiseLanes.ts';
import { normals } from './normal.ts';
import { keySchedule, threefry } from './threefry.ts';
import { uniforms } from './uniform.ts';

/** Code that makes two draws a lane of two random words a lane. */
const TRANSFORMS: Readonly<Record<NoiseKind, (v: NoiseLanes, words: Words) => readonly [Local, Local]>> = {
  normal: normals,
  uniform: uniforms,
  exponential: exponentials,
};

/** Vectors of counters that are encrypted side by side. */
const SIDE_BY_SIDE = 2;

/** Draws are made so many at once: two of each counter. */
export const BLOCK: number = 8 * SIDE_BY_SIDE;

/** What {@link noiseKernel} makes, as its host sees it. */
export type NoiseFunction = (key0: number, key1: number, counter: number, address: number, blocks: number) => void;

/**
 * Adds a function (key0, key1, counter, address, blocks) that writes blocks of {@link BLOCK} draws, float32 or widened to
 * float64, from a counter on. Of each four counters it writes what becomes of their first words, and then of their second.
 *
 * @returns its index.
 */
export function noiseKernel(module: ModuleBuilder, kind: NoiseKind, precision: Precision): number {
  return module.function(['i32', 'i32', 'i32', 'i32', 'i32'], [], (f) => {
    const [counter, address, blocks] = [f.param(2), f.param(3), f.param(4)];
    const v = new NoiseLanes(f);
    const key = keySchedule(v, f.param(0), f.param(1));
    const started = f.local('v128');
    f.get(counter).op('i32x4.splat').v128(new Uint8Array(Uint32Array.of(0, 1, 2, 3).buffer)).op('i32x4.add');
    f.get(key.start).op('i32x4.add').set(started);
    f.get(blocks).op('i32.eqz').if(() => f.op('return'));
    f.loop((again) => {
      f.scoped(() => {
        const vectors = Array.from({ length: SIDE_BY_SIDE }, (_, i) => (i === 0 ? started : v.bitAdd(started, v.word(4 * i))));
        threefry(v, key, vectors).forEach((words, i) => {
          TRANSFORMS[kind](v, words).forEach((draws, half) => store(v, precision, address, 8 * i + 4 * half, draws));
        });
        f.get(v.bitAdd(started, v.word(4 * SIDE_BY_SIDE))).set(started);
      });
      f.increment(address, BLOCK * (precision === 'float64' ? 8 : 4));
      f.get(blocks).i32(1).op('i32.sub').tee(blocks).brIf(again);
    });
  });
}

/** Stores four draws from element `index` on. */
function store(v: NoiseLanes, precision: Precision, address: Local, index: number, draws: Local): void {
  if (precision === 'float32') v.store(address, 4 * index, draws);
  else v.widened(draws).forEach((half, i) => v.store(address, 8 * index + 16 * i, half));
}
