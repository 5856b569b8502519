/** @file Collecting what sites were in many runs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import { format, sameShape } from '../../util/shape.ts';

interface Collected {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: TypedArray;
  runs: number;
}

/** Puts the values of each site in `count` runs into one tensor a site. */
export class Collector {
  private readonly sites = new Map<string, Collected>();
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  /** @throws Error when the site had another shape in an earlier run. */
  add(run: number, name: string, value: Tensor, numbers: ArrayLike<number>): void {
    const collected = this.sites.get(name) ?? this.begin(name, value);
    if (!sameShape(collected.shape, value.shape)) {
      throw new Error(
        `infer.Predictive: site "${name}" has shape ${format(value.shape)} in draw ${run}, but had ${format(collected.shape)} ` +
          'before; leave it out with returnSites',
      );
    }
    collected.data.set(numbers, run * value.size);
    collected.runs++;
  }

  /** @throws Error when a site was not met in every run. */
  tensors(): Record<string, Tensor> {
    for (const [name, { runs }] of this.sites) {
      if (runs === this.count) continue;
      throw new Error(`infer.Predictive: site "${name}" was met in ${runs} of ${this.count} draws only; leave it out with returnSites`);
    }
    const tensors = [...this.sites].map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [this.count, ...shape], dtype)]);
    return Object.fromEntries(tensors) as Record<string, Tensor>;
  }

  private begin(name: string, { shape, size, dtype }: Tensor): Collected {
    const length = size * this.count;
    const collected: Collected =
      dtype === 'int32'
        ? { shape, dtype, data: new Int32Array(length), runs: 0 }
        : dtype === 'bool'
          ? { shape, dtype, data: new Uint8Array(length), runs: 0 }
          : { shape, dtype: 'float32', data: new Float32Array(length), runs: 0 };
    this.sites.set(name, collected);
    return collected;
  }
}
