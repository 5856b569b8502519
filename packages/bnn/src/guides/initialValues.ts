/** @file Where the weights of a guide begin. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { canReadSynchronously, checkOptions, dist } from '@tychejs/ppl';
import type { InferConfig, RandomStream, constraints } from '@tychejs/ppl';
import { lift } from '../lift/lift.ts';
import type { Net, NetParameter } from '../lift/net.ts';
import { fansOf } from '../priors/fans.ts';
import type { Fans } from '../priors/fans.ts';
import type { Nonlinearity, ScalingMethod } from '../priors/standardDeviation.ts';
import { standardDeviation } from '../priors/standardDeviation.ts';

/** A latent site, as initialisers see it. */
interface Site {
  readonly name: string;
  readonly distribution: dist.Distribution;
  readonly infer?: InferConfig;
}

/** What a Bayesian network notes (in `infer`) at the site of a weight. */
export interface WeightNotes {
  readonly fans: Fans;
}

/** Gives a site its first value. */
export type Initializer = (site: Site, stream: RandomStream) => Tensor;

/**
 * The weights that `net` has now; they are copied, so that `net` may change or go afterwards.
 *
 * @param net - of the same build as the network that is made Bayesian: sites are found by name.
 * @throws Error, when used, for a site that is no weight of `net`.
 */
export function fromPretrained(net: Net): Initializer {
  const lifted = lift(net);
  const initializer = valuesOf(lifted.parameters);
  lifted.dispose();
  return initializer;
}

/** The present values of `parameters`. */
export function valuesOf(parameters: readonly NetParameter[]): Initializer {
  const values = new Map(parameters.map(({ name, shape, value }) => [name, { shape, data: value().dataSync().slice() }]));
  return ({ name, distribution: { support } }) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`guides.fromPretrained: the net has no weight "${name}"; it has ${[...values.keys()].join(', ')}`);
    const tensor = tf.tensor(value.data, [...value.shape], 'float32');
    if (canReadSynchronously() && !isInside(tensor, support)) {
      throw new Error(
        `the net's own values are none that its prior, of support ${support.name}, can have; say where the guide is to begin, as by ` +
          'guides.autoNormal({ initLoc: infer.initToMedian() })',
      );
    }
    return tensor;
  };
}

function isInside(value: Tensor, support: constraints.Constraint): boolean {
  return tf.tidy(() => tf.all(support.check(value)).dataSync()[0] === 1);
}

export interface InitToNormalOptions {
  /** Mean; 0 by default. */
  readonly loc?: number;
  /** Standard deviation, or how to find it for each weight; `'xavier'` by default. */
  readonly std?: number | ScalingMethod;
  /** For the methods; `'linear'` by default. */
  readonly nonlinearity?: Nonlinearity;
}

/** Draws from a normal distribution, from the random stream in force: unlike the initialisers of tfjs they obey seeds. */
export function initToNormal(options: InitToNormalOptions = {}): Initializer {
  const where = 'guides.initToNormal';
  checkOptions(where, options, ['loc', 'std', 'nonlinearity']);
  const { loc = 0, std = 'xavier', nonlinearity = 'linear' } = options;
  const deviation = (fans: Fans): number => (typeof std === 'number' ? std : standardDeviation(where, std, fans, nonlinearity));
  if (!(deviation({ in: 1, out: 1 }) > 0)) throw new RangeError(`${where}: std must be positive, got ${std}`);
  return (site, stream) => {
    const shape = [...site.distribution.batchShape, ...site.distribution.eventShape];
    return dist.normal(loc, deviation(fansOfSite(site, shape))).expand(shape).sample([], stream);
  };
}

/**
 * The fans of the weight that a site is: those that a Bayesian network notes at its sites, or else by name and shape, which do not
 * tell the kernel of a transposed convolution from a plain one.
 */
export function fansOfSite({ name, infer }: Pick<Site, 'name' | 'infer'>, shape: readonly number[]): Fans {
  const { fans } = (infer ?? {}) as Partial<WeightNotes>;
  return fans ?? fansOf({ shape, role: name.split('.').at(-1) ?? name, layers: [] });
}
