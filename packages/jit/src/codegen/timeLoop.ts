/** @file Instructions of a loop over time: its body is code of its own, which finds its arguments at fixed addresses. */
import type { LoopNode } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';

/** A loop with everything in its place. Sizes are in bytes. */
export interface TimeLoop {
  readonly loop: LoopNode;
  /** Addresses of the carries at the start, the scanned arrays, the invariants. */
  readonly operands: readonly number[];
  /** Addresses where the body finds its arguments; those of invariants are the operands'. */
  readonly inputs: readonly number[];
  /** Addresses where the body leaves the new carries and the results of the step. */
  readonly outputs: readonly number[];
  /** Addresses of those results of the loop that are wanted, by their place. */
  readonly results: ReadonlyMap<number, number>;
  /** Of one argument of the body. */
  readonly sizes: readonly number[];
  /** Of one result of the body. */
  readonly resultSizes: readonly number[];
  /** The body. */
  readonly functions: readonly number[];
}

/** Up to this many bytes are copied by instructions written out. */
const SHORT = 128;

/** Writes the loop. */
export function emitTimeLoop(f: FunctionBuilder, parts: TimeLoop): void {
  f.scoped(() => {
    const { loop, operands, inputs, outputs, results, sizes, resultSizes, functions } = parts;
    const numCarries = loop.carries.length;
    const zero = f.local('i32');
    f.i32(0).set(zero);
    const carry = (i: number): number => at(inputs, i);
    for (let i = 0; i < numCarries; i++) copy(f, { local: zero, address: at(operands, i) }, { local: zero, address: carry(i) }, at(sizes, i));
    const [time, step] = [f.local('i32'), f.local('i32')];
    f.forRange(time, 0, loop.length, 1, () => {
      if (loop.reverse) f.i32(loop.length - 1).get(time).op('i32.sub').set(step);
      else f.get(time).set(step);
      loop.scanned.forEach((_, i) => {
        const place = numCarries + i;
        const from = { local: offsetAt(f, step, at(sizes, place)), address: at(operands, place) };
        copy(f, from, { local: zero, address: at(inputs, place) }, at(sizes, place));
      });
      for (const index of functions) f.call(index);
      for (let i = 0; i < numCarries; i++) copy(f, { local: zero, address: at(outputs, i) }, { local: zero, address: carry(i) }, at(sizes, i));
      for (let i = numCarries; i < outputs.length; i++) {
        const address = results.get(i);
        if (address === undefined) continue;
        const to = { local: offsetAt(f, step, at(resultSizes, i)), address };
        copy(f, { local: zero, address: at(outputs, i) }, to, at(resultSizes, i));
      }
    });
    for (let i = 0; i < numCarries; i++) {
      const address = results.get(i);
      if (address !== undefined) copy(f, { local: zero, address: carry(i) }, { local: zero, address }, at(sizes, i));
    }
  });
}

interface Pointer {
  readonly local: Local;
  readonly address: number;
}

function offsetAt(f: FunctionBuilder, step: Local, size: number): Local {
  const local = f.local('i32');
  f.get(step).i32(size).op('i32.mul').set(local);
  return local;
}

function copy(f: FunctionBuilder, from: Pointer, to: Pointer, bytes: number): void {
  if (bytes > SHORT) {
    f.get(to.local).i32(to.address).op('i32.add').get(from.local).i32(from.address).op('i32.add').i32(bytes).memoryCopy();
    return;
  }
  let done = 0;
  for (; done + 8 <= bytes; done += 8) f.get(to.local).get(from.local).memory('i64.load', from.address + done).memory('i64.store', to.address + done);
  if (done < bytes) f.get(to.local).get(from.local).memory('i32.load', from.address + done).memory('i32.store', to.address + done);
}
