/** @file Nested loops over the index of an array, with a pointer for each array that is walked along. */
import type { Shape } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';

/** A pointer, and how many bytes it moves with a step along each axis. */
export interface Walker {
  readonly pointer: Local;
  readonly steps: readonly number[];
}

/** An axis that is looped over, with the steps of each walker. */
interface Axis {
  readonly count: number;
  readonly steps: readonly number[];
}

/** Runs `body` for every index within `shape`, in row-major order, the pointers moved along; they end where they began. */
export function forEachIndex(f: FunctionBuilder, shape: Shape, walkers: readonly Walker[], body: () => void): void {
  if (shape.includes(0)) return;
  const axes = mergeAxes(shape, walkers.map(({ steps }) => steps));
  const move = (axis: Axis, times: number): void => {
    walkers.forEach(({ pointer }, i) => {
      const step = at(axis.steps, i) * times;
      if (step !== 0) f.increment(pointer, step);
    });
  };
  const nest = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      body();
      return;
    }
    const counter = f.local('i32');
    f.i32(axis.count).set(counter);
    f.loop((again) => {
      nest(depth + 1);
      move(axis, 1);
      f.get(counter).i32(1).op('i32.sub').tee(counter).brIf(again);
    });
    move(axis, -axis.count);
    f.release('i32', counter);
  };
  nest(0);
}

/** The axes longer than 1, those that every walker passes through as through one merged. */
export function mergeAxes(shape: Shape, steps: readonly (readonly number[])[]): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((count, i) => {
    if (count === 1) return;
    const own = steps.map((list) => at(list, i));
    const outer = axes.at(-1);
    if (outer?.steps.every((step, walker) => step === count * at(own, walker)) === true) {
      axes[axes.length - 1] = { count: outer.count * count, steps: own };
    } else {
      axes.push({ count, steps: own });
    }
  });
  return axes;
}
