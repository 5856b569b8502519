/** @file What a Bayesian network is made of, in words that are the same in every build of this library. */
import * as tf from '@tensorflow/tfjs-core';
import type { dist } from '@tychejs/ppl';
import type { Guide } from './guides/guide.ts';
import type { Likelihood } from './likelihoods/likelihood.ts';

/** One weight of a network. */
export interface WeightDescription {
  /** `dense1.kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Its prior, `normal(0, 1)`; `null` for a weight that is no random choice. */
  readonly prior: string | null;
}

/** What a network is made of besides its layers, as files say it. */
export interface NetDescription {
  readonly weights: readonly WeightDescription[];
  /** `guides.AutoNormal`, or `a function` for a guide that is no automatic one; `null` for none. */
  readonly guide: string | null;
  /** `likelihoods.categorical`. */
  readonly likelihood: string;
}

/** A distribution as one would write it; parameters that are no numbers by their shapes: `normal([3, 2], 1)`. */
export function distributionText(distribution: dist.Distribution): string {
  const inner = wrapped(distribution);
  if (inner !== null) return distributionText(inner);
  const parameters = Object.entries(distribution)
    .filter(([key]) => !NO_PARAMETERS.has(key))
    .flatMap(([, value]) => parameterText(value));
  return `${distribution.name}(${parameters.join(', ')})`;
}

/** Fields that are no parameters. */
const NO_PARAMETERS: ReadonlySet<string> = new Set(['name', 'batchShape', 'eventShape', 'problem', 'hasRsample', 'numClasses']);

function parameterText(value: unknown): string[] {
  if (typeof value === 'number') return [String(Number(value.toPrecision(4)))];
  if (value instanceof tf.Tensor) return [`[${value.shape.join(', ')}]`];
  if (Array.isArray(value)) return [`[${value.length}]`];
  return isDistribution(value) ? [distributionText(value)] : [];
}

/** What is inside of a distribution that only says which dimensions belong together, or which elements count: it bears the same name. */
function wrapped(distribution: dist.Distribution): dist.Distribution | null {
  const base: unknown = Reflect.get(distribution, 'base');
  return isDistribution(base) && base.name === distribution.name ? base : null;
}

function isDistribution(value: unknown): value is dist.Distribution {
  return typeof value === 'object' && value !== null && 'batchShape' in value && 'logProb' in value;
}

/** The guide's class. It is not asked for the name that it has in the program, which a bundler may have shortened. */
export function guideText(guide: Guide | null): string | null {
  if (guide === null) return null;
  const className: unknown = Reflect.get(guide, 'className');
  return typeof className === 'string' ? className : 'a function';
}

/** Whether a tensor among a distribution's parameters was disposed of. */
export function isDisposed(distribution: dist.Distribution): boolean {
  return tf.tensor_util.getTensorsInContainer(distribution as never).some((tensor) => tensor.isDisposed);
}

/** The factory's name, which begins the likelihood's error messages. */
export function likelihoodText(likelihood: Likelihood<never>): string {
  return likelihood['where'];
}

/**
 * @param found - what a file says of its network.
 * @param own - the network that is to have what is in the file.
 * @throws Error that names the first difference that matters: other numbers in a prior do not, since a posterior may have become
 * the prior of another task.
 */
export function checkDescription(found: NetDescription, own: NetDescription): void {
  const differs = (what: string, stored: string | null, here: string | null): Error =>
    new Error(`it is of another network: ${what} is ${stored ?? 'none'} in the file, but ${here ?? 'none'} in this network`);
  if (found.guide !== own.guide) throw differs('the guide', found.guide, own.guide);
  if (found.likelihood !== own.likelihood) throw differs('the likelihood', found.likelihood, own.likelihood);
  const priors = new Map(found.weights.map(({ name, prior }) => [name, prior]));
  for (const { name, prior } of own.weights) {
    const stored = priors.get(name);
    if (stored !== undefined && familyOf(stored) !== familyOf(prior)) throw differs(`the prior of "${name}"`, stored, prior);
  }
}

function familyOf(prior: string | null): string | null {
  return prior?.split('(')[0] ?? null;
}
