/** @file A prior by a function of the weight. */
import type { Layer, NetParameter } from '../lift/net.ts';
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';

const WHERE = 'priors.lambda';

/**
 * Gives the distribution for one weight: of its shape, or expanding to it; `null` hides it.
 *
 * @param name - the full name, `dense1.kernel`.
 * @param layer - the layer that owns it; `null` in a net that is a function.
 * @param variable - the weight as tfjs has it, with its `shape`.
 */
export type PriorFunction = (name: string, layer: Layer | null, variable: NetParameter['variable']) => Distribution | null;

export class LambdaPrior extends Prior {
  private readonly fn: PriorFunction;

  constructor(fn: PriorFunction, filter?: PriorFilter) {
    super(WHERE, new Exposure(WHERE, filter));
    if (typeof fn !== 'function') throw new TypeError(`${WHERE}: the first argument must be a function (name, layer, variable) => Distribution | null`);
    this.fn = fn;
  }

  protected override distributionOf({ name, layers, variable }: NetParameter): Distribution | null {
    return this.fn(name, layers[0] ?? null, variable);
  }
}

/** A distribution for each exposed weight by a function of its name, layer and variable. */
export function lambda(fn: PriorFunction, filter?: PriorFilter): LambdaPrior {
  return new LambdaPrior(fn, filter);
}
