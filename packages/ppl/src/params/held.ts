/** @file Variables whose numbers are elsewhere for the time being: in the memory of a compiled program. */
import type { Variable } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../distributions/parameter.ts';

/** Who has the numbers of variables. */
export interface Holder {
  /** Writes all of them back into their variables, which it holds no longer. */
  giveBack(): void;
  /** The numbers of one of them as they are now, in memory that is the holder's own; it goes on holding them. */
  numbersOf(variable: Variable): ArrayLike<number>;
}

const holders = new WeakMap<Variable, Holder>();

/** From now on the numbers of `variables` are with `holder`; whoever had them before has given them back. */
export function hold(variables: readonly Variable[], holder: Holder): void {
  for (const variable of variables) settle(variable);
  for (const variable of variables) holders.set(variable, holder);
}

/** Says that the variables have their numbers again. */
export function letGo(variables: readonly Variable[]): void {
  for (const variable of variables) holders.delete(variable);
}

/** Sees to it that a variable has its numbers. To be called before it is read, written or disposed. */
export function settle(variable: Variable): void {
  holders.get(variable)?.giveBack();
}

/** A copy of the numbers of a variable, wherever they are; they stay there. Read at once, but on backends that cannot. */
export async function copyOf(variable: Variable): Promise<Float32Array> {
  const held = holders.get(variable)?.numbersOf(variable);
  if (held !== undefined) return Float32Array.from(held);
  return Float32Array.from(canReadSynchronously() ? variable.dataSync() : await variable.data());
}
