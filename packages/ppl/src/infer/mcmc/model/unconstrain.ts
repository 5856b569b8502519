/** @file From values of latent sites to the point of unconstrained space where they have these values. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler } from '../../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../../runtime/message.ts';
import { biject } from '../../../transforms/biject.ts';
import { isValidationOn } from '../../../util/validation.ts';
import { checkInitialValue } from '../../initialisation/initHandler.ts';
import type { ModelRun } from './modelRun.ts';

/** The value that a latent site is to have. */
export type ValueOf = (message: SampleMessage) => Tensor;

/** Gives latent sites their constrained values and collects the unconstrained ones. */
export class UnconstrainHandler extends Handler {
  readonly unconstrained: Map<string, Tensor> = new Map();
  /** All sites that have values. */
  readonly met: Set<string> = new Set();
  private readonly given: ValueOf;
  private readonly leftToOthers: ReadonlySet<string>;

  constructor(valueOf: ValueOf, leftToOthers: ReadonlySet<string>) {
    super();
    this.given = valueOf;
    this.leftToOthers = leftToOthers;
  }

  override process(message: Message): void {
    if (message.type === 'sample' || message.type === 'deterministic') this.met.add(message.name);
    if (message.type !== 'sample' || message.value !== null || this.leftToOthers.has(message.name)) return;
    const value = this.given(message);
    checkInitialValue(message, value);
    message.value = value;
    this.unconstrained.set(message.name, biject(message.distribution.support).inverse(value));
  }
}

/**
 * The point whose sites have the values that `valueOf` gives.
 *
 * @param names - sites that there are values of.
 * @throws SiteError when there is no value for a site, or one that does not fit; Error when a name is of no site.
 */
export function unconstrain(run: ModelRun, valueOf: ValueOf, names: readonly string[] = []): Float64Array {
  const q = new Float64Array(run.dimension);
  const fill = (): void => {
    const handler = new UnconstrainHandler(valueOf, run.latent.leftToOthers);
    run.call(handler);
    const stray = names.find((name) => !handler.met.has(name));
    if (stray !== undefined) throw new Error(`a value is given for "${stray}", but the model's sites are ${[...handler.met].join(', ')}`);
    for (const { name, offset } of run.sites) {
      const x = handler.unconstrained.get(name);
      if (x !== undefined) q.set(x.dataSync(), offset);
    }
  };
  run.forgiving(() => run.tidily(isValidationOn(), fill));
  return q;
}
