/** @file Lowerings of the kernels that are not elementwise. */
import type { GraphBuilder, KernelCall, NodeId } from '@tychejs/jit';
import { inputOf } from '@tychejs/jit';
import { logaddexp } from './functions.ts';

/** The lower Cholesky factors of matrices. */
export function cholesky(call: KernelCall, g: GraphBuilder): NodeId {
  return g.cholesky(inputOf(call, 'input'));
}

/** The solutions of triangular systems. */
export function triangularSolve(call: KernelCall, g: GraphBuilder): NodeId {
  const { lower, transpose } = call.attrs;
  return g.triangularSolve(inputOf(call, 'matrix'), inputOf(call, 'rhs'), lower === true, transpose === true);
}

/** Differentiation is over by the time that a graph is built: what is left is the value. */
export function stopGradient(call: KernelCall): NodeId {
  return inputOf(call, 'x');
}

/** Running sums on the log scale: adding up what stands 1, 2, 4, ... entries before (Hillis and Steele 1986). */
export function cumLogSumExp(call: KernelCall, g: GraphBuilder): NodeId {
  const { axis, exclusive, reverse } = call.attrs as { axis: number; exclusive: boolean; reverse: boolean };
  let sums = inputOf(call, 'x');
  const shape = g.shape(sums);
  const length = shape[axis] ?? 0;
  /** Entry i is entry i - n, or i + n if the sums run from the end; -Infinity stands in for what is not there. */
  const moved = (x: NodeId, n: number): NodeId => {
    const along = (value: number): number[] => shape.map((_, i) => (i === axis ? value : 0));
    const kept = shape.map((size, i) => (i === axis ? length - n : size));
    const part = g.slice(x, along(reverse ? n : 0), kept);
    return g.pad(part, along(reverse ? 0 : n), along(reverse ? n : 0), -Infinity);
  };
  for (let n = 1; n < length; n *= 2) sums = logaddexp(g, sums, moved(sums, n));
  return exclusive && length > 0 ? moved(sums, 1) : sums;
}
