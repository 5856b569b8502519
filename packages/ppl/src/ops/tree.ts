/** @file Trees of tensors: tensors in arrays and records, nested to any depth. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { toFloat } from './toFloat.ts';

/**
 * A tree as tensors: a tensor, or a number, which means a float scalar, is a tensor; null stays; arrays and records have
 * trees for their parts. (Trees have no type of their own: TypeScript infers through one that is recursive too slowly.)
 */
export type TensorTree<T> = T extends Tensor | number ? Tensor : T extends null ? null : { readonly [K in keyof T]: TensorTree<T[K]> };

/** A tensor of a tree, with the way to it: `.level`, `[1].mean`; empty for a tree that is one tensor. */
export interface Leaf {
  readonly path: string;
  readonly tensor: Tensor;
}

/**
 * The tensors of a tree, depth first, records in the order of their keys.
 *
 * @param where - what errors call the tree.
 * @throws TypeError for anything in it that is no tensor, number, array, plain record or null.
 */
export function leavesOf(tree: unknown, where: string, path: string = ''): Leaf[] {
  if (tree === null) return [];
  if (tree instanceof tf.Tensor) return [{ path, tensor: tree }];
  if (typeof tree === 'number') return [{ path, tensor: toFloat(tree) }];
  if (Array.isArray(tree)) return tree.flatMap((part, i) => leavesOf(part, where, `${path}[${i}]`));
  if (isRecord(tree)) return sortedEntries(tree).flatMap(([name, part]) => leavesOf(part, where, `${path}.${name}`));
  const what = ArrayBuffer.isView(tree) ? 'a typed array: make a tensor of it' : typeof tree;
  throw new TypeError(`${where}${path} must be a tensor, a number, an array or a record of those, or null; got ${what}`);
}

/** A tree of the same form with other tensors, in the order of `leavesOf`. */
export function withLeaves(tree: unknown, tensors: readonly Tensor[]): unknown {
  let next = 0;
  const rebuild = (part: unknown): unknown => {
    if (part === null) return null;
    if (Array.isArray(part)) return part.map(rebuild);
    if (!(part instanceof tf.Tensor) && isRecord(part)) {
      return Object.fromEntries(sortedEntries(part).map(([name, inner]) => [name, rebuild(inner)]));
    }
    return tensors[next++];
  };
  return rebuild(tree);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function sortedEntries(record: Readonly<Record<string, unknown>>): [name: string, part: unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
