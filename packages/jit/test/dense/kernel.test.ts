/** @file How kernels are shared, and what they are written with. */
import fc from 'fast-check';
import type { DenseContext } from '../../src/dense/denseKernel.ts';
import { kernel } from '../../src/dense/kernel.ts';
import type { KernelWriter } from '../../src/dense/kernelWriter.ts';
import { forEachIndex, mergeAxes } from '../../src/dense/loops.ts';
import { sizeOf, stridesOf } from '../../src/graph/shape.ts';
import type { Local } from '../../src/wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../../src/wasm/encode/moduleBuilder.ts';
import { broadcastStrides, positions } from '../../src/graph/evaluate/positions.ts';

const contextOf = (module: ModuleBuilder, precision: DenseContext['precision'] = 'float64'): DenseContext => ({
  module,
  precision,
  relaxedSimd: false,
  scratch: 0,
});

test('a kernel is written once a module and precision', () => {
  const [one, other] = [new ModuleBuilder(), new ModuleBuilder()];
  const write = jest.fn();
  const first = kernel(contextOf(one), 'k', 1, write);
  expect(kernel(contextOf(one), 'k', 1, write)).toBe(first);
  expect(write).toHaveBeenCalledTimes(1);
  expect(kernel(contextOf(one), 'another', 1, write)).not.toBe(first);
  expect(kernel(contextOf(one, 'float32'), 'k', 1, write)).not.toBe(first);
  kernel(contextOf(other), 'k', 1, write);
  expect(write).toHaveBeenCalledTimes(4);
});

/** What a kernel of one pointer leaves in the first bytes of memory. */
function memoryAfter(write: (w: KernelWriter, pointer: Local) => void): Int32Array {
  const module = new ModuleBuilder();
  module.export('run', kernel(contextOf(module), 'test', 1, write));
  module.requireMemory(1);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes() as BufferSource), { host: { memory } });
  (exports['run'] as (pointer: number) => void)(0);
  return new Int32Array(memory.buffer);
}

test('nested loops visit every index in order, and pointers end where they began', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, choice) => {
      // Two walkers: one over the array, one over an array that is broadcast to it.
      const narrow = shape.map((n, axis) => ((choice >> axis) & 1 ? n : 1));
      const steps = [stridesOf(shape), broadcastStrides(narrow, shape)];
      const memory = memoryAfter((w, next) => {
        const walkers = steps.map((own) => ({ pointer: w.f.local('i32'), steps: own }));
        for (const { pointer } of walkers) w.f.i32(1000).set(pointer);
        const note = (): void => {
          for (const { pointer } of walkers) {
            w.f.get(next).get(pointer).memory('i32.store');
            w.move(next, 4);
          }
        };
        forEachIndex(w.f, shape, walkers, note);
        note();
      });
      const [a, b] = steps.map((own) => positions(shape, own, 1000));
      const expected = [...a!].flatMap((position, i) => [position, b![i]!]);
      expect([...memory.subarray(0, 2 * sizeOf(shape) + 2)]).toEqual([...expected, 1000, 1000]);
    }),
    { numRuns: 100 },
  );
});

test('axes merge where one step is as many of the next', () => {
  expect(mergeAxes([2, 3, 4], [[12, 4, 1]])).toEqual([{ count: 24, steps: [1] }]);
  expect(mergeAxes([2, 3, 4], [[12, 4, 1], [3, 1, 0]])).toEqual([
    { count: 6, steps: [4, 1] },
    { count: 4, steps: [1, 0] },
  ]);
  expect(mergeAxes([1, 1], [[1, 1]])).toEqual([]);
});

test('countDown runs as often as its local says, and not at all for less than one', () => {
  for (const [count, runs] of [[3, 3], [1, 1], [0, 0], [-2, 0]] as const) {
    const memory = memoryAfter((w, pointer) => {
      const [counter, total] = [w.f.local('i32'), w.f.local('i32')];
      w.f.i32(count).set(counter);
      w.countDown(counter, () => w.f.increment(total, 1));
      w.f.get(pointer).get(total).memory('i32.store');
    });
    expect(memory[0]).toBe(runs);
  }
});
