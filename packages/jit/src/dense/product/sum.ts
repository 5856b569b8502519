/** @file The loops of a sum of products, around what one term of it does. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { KernelWriter } from '../kernelWriter.ts';

/** How many bytes each factor moves from one term to the next. */
export interface Steps {
  readonly aStep: number;
  readonly bStep: number;
}

/** One loop of a sum: its length, and the steps. */
export interface Reduction extends Steps {
  readonly count: number;
}

/** The terms of a sum: the pointers to their factors, and how they are written. */
export interface Terms {
  readonly a: Local;
  readonly b: Local;
  /** How many terms are written out in a row. */
  readonly inRow: 1 | 2 | 4;
  /** Writes a term, at constant distances from the pointers; its place in the row. */
  readonly write: (aOffset: number, bOffset: number, place: number) => void;
}

/** Writes nested loops, outermost first. The pointers end elsewhere. */
export function writeLoops(w: KernelWriter, loops: readonly Reduction[], terms: Terms): void {
  const nest = (depth: number): void => {
    const loop = at(loops, depth);
    const inner = loops[depth + 1];
    if (inner === undefined) {
      w.times(Math.floor(loop.count / terms.inRow), () => writeRow(w, terms.inRow, loop, terms));
      if (loop.count % terms.inRow > 0) writeRow(w, loop.count % terms.inRow, loop, terms);
      return;
    }
    w.times(loop.count, () => {
      nest(depth + 1);
      w.move(terms.a, loop.aStep - inner.count * inner.aStep);
      w.move(terms.b, loop.bStep - inner.count * inner.bStep);
    });
  };
  nest(0);
}

/** Writes a loop of as many terms as a local says, which is spoilt. */
export function writeCountedLoop(w: KernelWriter, steps: Steps, count: Local, terms: Terms): void {
  if (terms.inRow === 1) {
    w.countDown(count, () => writeRow(w, 1, steps, terms));
    return;
  }
  const rest = w.pointer(count);
  w.f.get(count).i32(Math.log2(terms.inRow)).op('i32.shr_s').set(count);
  w.countDown(count, () => writeRow(w, terms.inRow, steps, terms));
  w.f.get(rest).i32(terms.inRow - 1).op('i32.and').set(rest);
  w.countDown(rest, () => writeRow(w, 1, steps, terms));
}

/** Some terms written out, and the pointers moved past them. */
function writeRow(w: KernelWriter, count: number, { aStep, bStep }: Steps, { a, b, write }: Terms): void {
  for (let place = 0; place < count; place++) write(place * aStep, place * bStep, place);
  w.move(a, count * aStep);
  w.move(b, count * bStep);
}
