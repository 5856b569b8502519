/** @file The loop that fills an array with draws. */
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
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

/** Draws are made so many at once: two of each of four counters. */
export const BLOCK = 8;

/** How many blocks are made side by side, to have something to do while one waits, and to load constants once for all. */
const SIDE_BY_SIDE = 4;

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
    for (const count of [SIDE_BY_SIDE, 1]) {
      whileAtLeast(f, blocks, count, () => {
        const vectors = Array.from({ length: count }, (_, i) => (i === 0 ? started : v.bitAdd(started, v.word(4 * i))));
        threefry(v, key, vectors).forEach((words, i) => {
          TRANSFORMS[kind](v, words).forEach((draws, half) => store(v, precision, address, BLOCK * i + 4 * half, draws));
        });
        f.get(v.bitAdd(started, v.word(4 * count))).set(started);
        f.increment(address, count * BLOCK * (precision === 'float64' ? 8 : 4));
      });
    }
  });
}

/** Runs `body` as often as `step` can be taken from `left`, which keeps the rest. */
function whileAtLeast(f: FunctionBuilder, left: Local, step: number, body: () => void): void {
  const isEnough = (): FunctionBuilder => f.get(left).i32(step).op('i32.ge_u');
  isEnough().if(() => {
    f.loop((again) => {
      f.scoped(body);
      f.increment(left, -step);
      isEnough().brIf(again);
    });
  });
}

/** Stores four draws from element `index` on. */
function store(v: NoiseLanes, precision: Precision, address: Local, index: number, draws: Local): void {
  if (precision === 'float32') v.store(address, 4 * index, draws);
  else v.widened(draws).forEach((half, i) => v.store(address, 8 * index + 16 * i, half));
}
