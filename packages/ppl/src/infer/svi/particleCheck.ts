/** @file Whether particles that run together do what they would do alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { ReplayHandler } from '../../handlers/replay.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import { SampleSite } from '../../runtime/site.ts';
import type { Trace } from '../../runtime/trace.ts';
import { format, sizeOf } from '../../util/shape.ts';
import type { Program } from './loss.ts';
import type { Particle, ParticleOptions } from './particle.ts';
import { runParticle } from './particle.ts';
import { scratch } from './scratch.ts';

/** Log-densities may differ by what float32 rounds off sums over large data. */
const TOLERANCE = 1e-3;

/**
 * Runs the first particle of `run` by itself, and compares the log-densities of its sites: a `tf.mean` over all of a tensor,
 * say, would mix the particles up without changing any shape. On backends that cannot be read at once, and for programs with
 * randomness of their own (`randomStream`), which differs between the two, nothing is compared.
 *
 * @param run - has all particles along the first batch dimension.
 * @param shapes - the shapes of the guide's draws in a run with one particle.
 * @returns what differs, by site; `null` if nothing does.
 */
export function checkSeparate<A extends unknown[]>(
  run: Particle,
  shapes: ReadonlyMap<string, readonly number[]>,
  model: Program<A>,
  guide: Program<A>,
  args: A,
  options: ParticleOptions,
): string | null {
  if (!canReadSynchronously()) return null;
  return scratch(() => {
    let draws = run.guide;
    for (const site of run.guide.stochasticSites()) {
      const [value, shape] = [first(site.value), shapes.get(site.name) ?? []];
      if (value.size !== sizeOf(shape)) {
        return `site "${site.name}" has shape ${format(shape)} with one particle, and ${format(site.value.shape)} with all of them`;
      }
      const { name, distribution, isObserved, scale, mask, plates, infer } = site;
      const alone = tf.reshape(value, [...shape]);
      draws = draws.with(new SampleSite({ name, distribution, isObserved, scale, mask, plates, infer, value: alone }));
    }
    const random = new RandomnessWatch();
    const replayed: Program<A> = (...given) => new ReplayHandler({ trace: draws }).run(() => guide(...given));
    const alone = random.run(() => runParticle(model, replayed, args, options));
    if (random.isUsed) return null;
    return difference(run.guide, alone.guide) ?? difference(run.model, alone.model);
  });
}

function first(x: Tensor): Tensor {
  return tf.slice(x, [0], [1]);
}

function difference(together: Trace, alone: Trace): string | null {
  for (const site of alone.sampleSites()) {
    const twin = together.nodes.get(site.name);
    if (twin?.type !== 'sample') return `site "${site.name}" is not met`;
    const [a, b] = [total(first(twin.logProb)), total(site.logProb)];
    if (Object.is(a, b) || Math.abs(a - b) <= TOLERANCE * (1 + Math.abs(b))) continue;
    return `the log-density of site "${site.name}" is ${b} with one particle, and ${a} for the same one among others`;
  }
  return null;
}

function total(x: Tensor): number {
  const sum: ArrayLike<number> = tf.sum(x).dataSync();
  return sum[0] ?? NaN;
}

/** Notices whether a program asks for a random stream. Law: it changes nothing. */
class RandomnessWatch extends Handler {
  isUsed = false;

  override process(message: Message): void {
    if (message.type === 'stream') this.isUsed = true;
  }
}
