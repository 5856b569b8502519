/** @file Lowerings of matrix products and contractions. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import { fusedActivation } from './activation.ts';
import type { KernelCall, Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, inputList, inputOf } from './lowering.ts';

const matMul: Lowering = (call, g) => {
  const { transposeA, transposeB } = attrsOf<tf.BatchMatMulAttrs>(call);
  return g.dot(inputOf(call, 'a'), inputOf(call, 'b'), transposeA, transposeB);
};

/** `x` plus the bias of a fused kernel, if it has one. */
export function addBias(x: NodeId, call: KernelCall, g: GraphBuilder): NodeId {
  const bias = call.inputs['bias'];
  return bias === undefined ? x : g.binary('add', x, bias);
}

/** An array whose axes have letters for names. */
interface Labelled {
  readonly id: NodeId;
  readonly labels: readonly string[];
}

/** `x` with its axes in the order of `labels`, all of which it has. */
function arrange({ id, labels }: Labelled, order: readonly string[], g: GraphBuilder): NodeId {
  return g.transpose(id, order.map((label) => labels.indexOf(label)));
}

/** `x` summed over the axes that nobody needs any more. */
function sumOut(x: Labelled, needed: ReadonlySet<string>, g: GraphBuilder): Labelled {
  const axes = x.labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  const labels = x.labels.filter((label) => needed.has(label));
  return axes.length === 0 ? x : { id: g.reduce('sum', x.id, axes), labels };
}

/** Two arrays contracted over the labels they share that nobody else needs, as one batched matrix product. */
function contract(a: Labelled, b: Labelled, needed: ReadonlySet<string>, g: GraphBuilder): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const inner = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const sizes = (x: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => at(g.shape(x.id), x.labels.indexOf(label)));
  const batchSizes = sizes(a, batch);
  const k = sizeOf(sizes(a, inner));
  const left = g.reshape(arrange(a, [...batch, ...rows, ...inner], g), [...batchSizes, sizeOf(sizes(a, rows)), k]);
  const right = g.reshape(arrange(b, [...batch, ...inner, ...columns], g), [...batchSizes, k, sizeOf(sizes(b, columns))]);
  const product = g.reshape(g.dot(left, right), [...batchSizes, ...sizes(a, rows), ...sizes(b, columns)]);
  return { id: product, labels: [...batch, ...rows, ...columns] };
}

function letters(text: string): string[] {
  return text.split('');
}

function einsum(call: KernelCall, g: GraphBuilder): NodeId {
  const { equation } = attrsOf<tf.EinsumAttrs>(call);
  const [terms = '', result = ''] = equation.replaceAll(' ', '').split('->');
  const parts: Labelled[] = terms.split(',').map((term, i) => ({ id: at(inputList(call), i), labels: letters(term) }));
  const neededAfter = (i: number): Set<string> => new Set([...letters(result), ...parts.slice(i + 1).flatMap((part) => part.labels)]);
  const total = parts.reduce((done, next, i) => {
    const needed = neededAfter(i);
    const a = sumOut(done, new Set([...needed, ...next.labels]), g);
    const b = sumOut(next, new Set([...needed, ...done.labels]), g);
    return contract(a, b, needed, g);
  });
  return arrange(sumOut(total, new Set(letters(result)), g), letters(result), g);
}

/** Kernels that multiply matrices. */
export const PRODUCT: LoweringTable = {
  [tf.BatchMatMul]: matMul,
  [tf._FusedMatMul]: (call, g) => fusedActivation(addBias(one(matMul(call, g)), call, g), call, g),
  [tf.Einsum]: einsum,
};

/** The result of a lowering that has one. */
export function one(result: NodeId | readonly NodeId[]): NodeId {
  return typeof result === 'number' ? result : at(result, 0);
}
