/** @file The arguments of model and guide, taken apart: tensors, which a program is given, and all else, which it is made for. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What a program that was made for some arguments needs of others: equal tokens, and tensors in this order. */
export interface Signature {
  /** Structure, shapes and types, and what is no tensor, by value or, for functions and unusual objects, by identity. */
  readonly tokens: readonly unknown[];
  readonly tensors: readonly Tensor[];
}

/** Takes arguments apart. Arrays and plain objects are looked into. */
export function signatureOf(args: readonly unknown[]): Signature {
  const tokens: unknown[] = [];
  const tensors: Tensor[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof tf.Tensor) {
      tokens.push('tensor', value.dtype, ...value.shape, 'end');
      tensors.push(value);
    } else if (Array.isArray(value) && !isTable(value)) {
      tokens.push('array', value.length);
      value.forEach(visit);
    } else if (isRecord(value)) {
      const entries = Object.entries(value);
      tokens.push('object', entries.length);
      for (const [key, field] of entries) {
        tokens.push(key);
        visit(field);
      }
    } else {
      tokens.push(value);
    }
  };
  args.forEach(visit);
  return { tokens, tensors };
}

/** The same arguments with other tensors in place of theirs. */
export function withTensors<A extends unknown[]>(args: A, tensors: readonly Tensor[]): A {
  let next = 0;
  const rebuild = (value: unknown): unknown => {
    if (value instanceof tf.Tensor) return tensors[next++];
    if (Array.isArray(value) && !isTable(value)) return value.map(rebuild);
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rebuild(field)]));
    return value;
  };
  return args.map(rebuild) as A;
}

/** Whether two arguments need the same program. */
export function sameTokens(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((token, i) => Object.is(token, b[i]));
}

/** Arrays of numbers, which may be long: one value, the same as long as it is the same array. */
function isTable(value: readonly unknown[]): boolean {
  const [first] = value;
  return typeof first === 'number' || (Array.isArray(first) && isTable(first));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
