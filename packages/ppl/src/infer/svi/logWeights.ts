/** @file Importance weights of particles: log p(x, z) - log q(z). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { PlateFrame } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import type { Particle } from './particle.ts';
import type { Particles } from './particles.ts';
import { samePlate } from './scoreFunction.ts';
import { sumExcept, sumOf } from './total.ts';

/**
 * The logarithms of weights, one for each particle and element of the plates that all sites of guide and model stand in;
 * particles are the first axis.
 */
export class LogWeights {
  readonly values: Tensor;
  private readonly particles: Particles;
  /** The dimensions of common plates, and of particles that run together. */
  private readonly dims: ReadonlySet<number>;
  /** How many elements of the common plates' one in this run stands for. */
  private readonly scale: number;

  constructor(particles: Particles) {
    this.particles = particles;
    const plates = commonPlates(particles);
    const dims = plates.map((frame) => frame.dim).filter((dim) => dim !== null);
    this.dims = new Set(particles.dim === null ? dims : [...dims, particles.dim]);
    this.scale = plates.reduce((product, frame) => (product * frame.size) / frame.subsampleSize, 1);
    const logProb = (site: SampleSite): Tensor => (this.scale === 1 ? site.logProb : tf.div(site.logProb, this.scale));
    const gains = this.sumOver(({ model }) => model.sampleSites(), logProb);
    const costs = this.sumOver(({ guide }) => guide.sampleSites(), logProb);
    if (costs === null) this.values = gains ?? tf.zeros([particles.count]);
    else this.values = gains === null ? tf.neg(costs) : tf.sub(gains, costs);
  }

  /** The sum over elements of the common plates and, if `x` has them, over particles, each element counted as it is scaled. */
  total(x: Tensor): Scalar {
    const sum = sumOf(x);
    return this.scale === 1 ? sum : tf.mul(sum, this.scale);
  }

  /** Sums of a quantity over sites, in the shape of {@link values}; `null` if there are no sites. */
  sumOver(sitesOf: (particle: Particle) => readonly SampleSite[], quantity: (site: SampleSite) => Tensor): Tensor | null {
    const { dim, runs } = this.particles;
    const sums = runs.map((run) => {
      const [first, ...others] = sitesOf(run).map((site) => this.reduced(quantity(site)));
      return first === undefined ? null : others.reduce((a, b) => tf.add(a, b), first);
    });
    const example = sums.find((sum) => sum !== null);
    if (example === undefined) return null;
    return dim === null ? tf.stack(sums.map((sum) => sum ?? tf.zerosLike(example))) : example;
  }

  /** `x` summed over all dimensions but the common ones, and without those to the left of them. */
  private reduced(x: Tensor): Tensor {
    const depth = Math.max(0, ...[...this.dims].map((dim) => -dim));
    const sum = sumExcept(x, this.dims);
    return sum.rank > depth ? tf.reshape(sum, sum.shape.slice(sum.rank - depth)) : sum;
  }
}

/** The vectorised plates that all sites stand in. */
function commonPlates({ runs, dim }: Particles): PlateFrame[] {
  const [first, ...others] = runs.flatMap(({ guide, model }) => [...guide.sampleSites(), ...model.sampleSites()]);
  if (first === undefined) return [];
  return first.plates.filter(
    (frame) => frame.dim !== null && frame.dim !== dim && others.every((site) => site.plates.some((other) => samePlate(other, frame))),
  );
}
