/** @file Baselines: what is expected of rewards, subtracted from them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { isTracing } from '../../backend/tracing.ts';
import { param } from '../../primitives.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { broadcastShapes, format, sameShape } from '../../util/shape.ts';
import { baselineOptions, betaOf } from './baselineOptions.ts';
import { detach } from './gradients.ts';
import { NotTraceable } from './notTraceable.ts';
import { sumOf } from './total.ts';

/** The baseline of one site's reward. */
export interface Baseline {
  /** To be subtracted; of the reward's shape, and constant to differentiation. */
  readonly value: Tensor;
  /** Minimised by the parameters of a baseline that is trained; `null` if there are none. */
  readonly error: Scalar | null;
}

/** A running mean of rewards. */
interface Average {
  readonly beta: number;
  readonly variable: Variable;
  /** The means of this step, particle by particle. */
  readonly rewards: Tensor[];
}

/** The baselines of one step. */
export class Baselines {
  private readonly averages = new Map<string, Average>();
  private readonly particleDim: number | null;

  /** @param particleDim - the dimension of particles that run together, if they do. */
  constructor(particleDim: number | null) {
    this.particleDim = particleDim;
  }

  /**
   * What `site` expects of its reward; `null` if it has no baseline.
   *
   * @throws SiteError when the baseline does not fit the reward, or its options are wrong.
   */
  of(site: SampleSite, reward: Tensor): Baseline | null {
    const options = baselineOptions(site);
    if (options === null) return null;
    const { network, networkInput, value } = options;
    const learnt = network !== undefined && networkInput !== undefined ? network(detach(networkInput)) : value;
    const parts: Tensor[] = [];
    if (learnt !== undefined) parts.push(fitting(site, typeof learnt === 'number' ? tf.scalar(learnt) : learnt, reward));
    const beta = betaOf(options);
    if (beta !== null) parts.push(this.average(site, reward, beta));
    const [first, ...others] = parts;
    if (first === undefined) return null;
    const sum = others.reduce((a, b) => tf.add(a, b), first);
    return { value: detach(sum), error: learnt instanceof tf.Tensor ? sumOf(tf.square(tf.sub(reward, sum))) : null };
  }

  /** Moves the running means by the rewards of this step. One that is not finite is passed over. */
  update(): void {
    for (const { beta, variable, rewards } of this.averages.values()) {
      const next = tf.tidy(() => {
        const latest = tf.div(tf.addN(rewards), rewards.length);
        const moved = tf.add(tf.mul(variable, beta), tf.mul(latest, 1 - beta));
        return tf.where(tf.isFinite(moved), moved, variable);
      });
      variable.assign(next);
      next.dispose();
    }
  }

  /** The mean so far; what there is now, is added when all particles are done. */
  private average(site: SampleSite, reward: Tensor, beta: number): Tensor {
    const name = `__baseline_avg_${site.name}`;
    if (isTracing()) {
      throw new NotTraceable(`site "${site.name}": its decaying average changes outside of the step's computation; use engine: 'eager'`);
    }
    const mean = this.overInterchangeable(site, reward);
    const reader = new UntrainedReader();
    const before = reader.run(() => param(name, () => tf.zeros(mean.shape)));
    if (!sameShape(before.shape, mean.shape)) {
      throw new SiteError(
        site,
        `its decaying average has shape ${format(before.shape)}, but the plates around it now have ${format(mean.shape)}; delete ` +
          `"${name}" from the parameter store, or subsample the plate, whose elements then have one average`,
      );
    }
    const { variable } = reader;
    if (variable !== null) {
      const known = this.averages.get(name);
      if (known === undefined) this.averages.set(name, { beta, variable, rewards: [mean] });
      else known.rewards.push(mean);
    }
    return before;
  }

  /** The mean over particles, and over elements that a plate takes at random: there are others at the next step. */
  private overInterchangeable(site: SampleSite, reward: Tensor): Tensor {
    const dims = site.plates.filter((frame) => frame.size !== frame.subsampleSize).map((frame) => frame.dim);
    const axes = [...dims, this.particleDim].filter((dim) => dim !== null).map((dim) => reward.rank + dim);
    return axes.length === 0 ? reward : tf.mean(reward, axes, true);
  }
}

/** @throws SiteError unless `baseline` broadcasts to the shape of `reward`. */
function fitting(site: SampleSite, baseline: Tensor, reward: Tensor): Tensor {
  const shapes = `its baseline has shape ${format(baseline.shape)}, but its reward ${format(reward.shape)}`;
  let joint: number[];
  try {
    joint = broadcastShapes(baseline.shape, reward.shape);
  } catch (error) {
    throw new SiteError(site, shapes, { cause: error });
  }
  if (sameShape(joint, reward.shape)) return baseline;
  throw new SiteError(site, `${shapes}; a baseline has one value for each element of the plates around the site`);
}

/** Reads parameters that no optimiser moves, and notes the variable behind the last one. */
class UntrainedReader extends Handler {
  variable: Variable | null = null;

  override process(message: Message): void {
    if (message.type === 'param') message.infer = { ...message.infer, trainable: false };
  }

  override postprocess(message: Message): void {
    if (message.type === 'param') this.variable = message.variable;
  }
}
