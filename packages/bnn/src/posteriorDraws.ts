/** @file Draws of latent sites that predictions are made from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SampleArray } from '@tychejs/ppl';

/** Values of latent sites, by name. */
export type Latents = Readonly<Record<string, Tensor>>;

/** Draws of some sites, as `mcmc.getSamples()` gives them: of shape [draw, ...site shape]. */
export class PosteriorDraws {
  readonly count: number;
  readonly names: readonly string[];
  /** As they were given. */
  readonly samples: Readonly<Record<string, SampleArray>>;
  private readonly sites: readonly { readonly name: string; readonly data: Float64Array; readonly shape: number[]; readonly size: number }[];

  constructor(samples: Readonly<Record<string, SampleArray>>) {
    this.samples = samples;
    this.sites = Object.entries(samples).map(([name, { data, shape: [count = 0, ...shape] }]) => ({ name, data, shape, size: data.length / count }));
    this.names = this.sites.map(({ name }) => name);
    const [first] = Object.values(samples);
    this.count = first?.shape[0] ?? 0;
  }

  /** The indices of `count` draws, evenly spaced among all. @throws RangeError when there are fewer. */
  choose(where: string, count: number): number[] {
    if (count > this.count) {
      throw new RangeError(`${where}: numSamples is ${count}, but there are ${this.count} draws of the posterior; ask for fewer, or fit with more`);
    }
    return Array.from({ length: count }, (_, i) => Math.floor((i * this.count) / count));
  }

  /** Draw `index` of all sites: float32. */
  tensors(index: number): Latents {
    const tensorOf = (site: (typeof this.sites)[number]): Tensor => tf.tensor(Float32Array.from(numbersOf(site, index)), site.shape);
    return Object.fromEntries(this.sites.map((site) => [site.name, tensorOf(site)]));
  }

  /** Writes the numbers of draw `index` of the k-th site to `target(k)`. */
  write(index: number, target: (k: number) => Float32Array | Float64Array): void {
    this.sites.forEach((site, k) => target(k).set(numbersOf(site, index)));
  }
}

function numbersOf({ data, size }: { readonly data: Float64Array; readonly size: number }, index: number): Float64Array {
  return data.subarray(index * size, (index + 1) * size);
}
