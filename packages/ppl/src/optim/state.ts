/** @file What an optimiser remembers, and whether a saved state is one that it can go on from. */
import type { OptimizerState, ParameterState } from './optimizer.ts';
import { count } from './rule.ts';

/** What is remembered of one parameter. */
export interface Remembered<S> {
  readonly name: string;
  readonly settings: S;
  readonly moments: readonly Float32Array[];
  updates: number;
}

/**
 * @param name - of the optimiser, as users call it.
 * @throws Error when the state is one of an optimiser of another kind; TypeError when it is none at all.
 */
export function checkState(name: string, state: OptimizerState): void {
  const { optimizer, steps, parameters, layers = [] } = state;
  if (optimizer !== name) {
    throw new Error(`${name}: the state given is one of ${String(optimizer)}; make the optimiser that it was saved from, and set it there`);
  }
  if (layers.length > 0) {
    const around = layers.map((layer) => layer.name).join(', ');
    throw new Error(`${name}: the state given was saved from an optimiser within ${around}; put the same around this one, and set the state there`);
  }
  if (!count(steps) || typeof parameters !== 'object' || parameters === null) {
    throw new TypeError(`${name}: a state needs steps, a whole number, and parameters, by their names; see getState()`);
  }
  for (const [parameter, { updates, moments }] of Object.entries(parameters)) {
    if (count(updates) && Array.isArray(moments) && moments.every((moment) => moment instanceof Float32Array)) continue;
    throw new TypeError(`${name}: the state of param "${parameter}" needs updates, a whole number, and moments, an array of Float32Arrays`);
  }
}

/**
 * Copies of the saved moments.
 *
 * @param needed - how long each of them must be.
 * @throws Error when they are not.
 */
export function resume(rule: string, name: string, needed: readonly number[], saved: ParameterState): { updates: number; moments: Float32Array[] } {
  const given = saved.moments.map((moment) => moment.length);
  if (needed.join() !== given.join()) {
    throw new Error(
      `${rule}: the state set for param "${name}" has moments of lengths [${given.join(', ')}], but needed are ` +
        `[${needed.join(', ')}]; it was saved from another model or another optimiser`,
    );
  }
  return { updates: saved.updates, moments: saved.moments.map((moment) => Float32Array.from(moment)) };
}
