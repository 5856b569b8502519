/** @file The check of a statement's first argument. */
import { Tensor } from '@tensorflow/tfjs-core';
import { format } from '../util/shape.ts';

/** @throws TypeError when `name` is no name, as when the distribution or the value was given first. */
export function checkName(statement: string, name: unknown): void {
  if (typeof name === 'string' && name !== '') return;
  throw new TypeError(`${statement}: the first argument must be the site's name, got ${describe(name)}`);
}

function describe(value: unknown): string {
  if (value instanceof Tensor) return `a tensor of shape ${format(value.shape)}`;
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
