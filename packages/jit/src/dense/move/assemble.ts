/** @file Arrays put together from boxes. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import { placeBox } from './box.ts';
import { fill } from './fill.ts';

/** Appends what puts boxes into an array of equal values. */
export function emitAssemble(
  f: FunctionBuilder,
  node: NodeOf<'assemble'>,
  parts: readonly Place[],
  result: Place,
  context: DenseContext,
): void {
  const covered = parts.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // Parts that do not overlap and are as large as the whole leave nothing to be filled.
  if (node.accumulate || covered < sizeOf(node.shape)) fill(f, result, node.fill, context);
  const size = elementSize(context.precision);
  parts.forEach((part, i) => {
    const { begin } = at(node.parts, i);
    const inResult = stridesOf(node.shape).map((stride) => stride * size);
    const inPart = stridesOf(part.shape).map((stride) => stride * size);
    const offset = begin.reduce((sum, first, axis) => sum + first * at(inResult, axis), 0);
    const [target, source] = [f.local('i32'), f.local('i32')];
    f.i32(result.address + offset).set(target);
    f.i32(part.address).set(source);
    const placing = node.accumulate ? 'add' : 'copy';
    placeBox(f, part.shape, { pointer: target, steps: inResult }, { pointer: source, steps: inPart }, placing, context);
    f.release('i32', target, source);
  });
}
