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

/** What is looked at of a value beside its numbers. */
export type Layout = Pick<Tensor, 'shape' | 'size' | 'dtype'>;

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Puts the values of each site in `count` runs into one tensor a site. */
export class Collector {
  private readonly sites = new Map<string, Collected>();
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  /** @throws Error when the site had another shape in an earlier run; when the values of all runs do not fit into memory. */
  add(run: number, name: string, value: Layout, numbers: ArrayLike<number>): void {
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

  private begin(name: string, value: Layout): Collected {
    const { shape } = value;
    const dtype = value.dtype === 'int32' || value.dtype === 'bool' ? value.dtype : 'float32';
    const collected: Collected = { shape, dtype, data: this.allocate(name, value, ARRAYS[dtype]), runs: 0 };
    this.sites.set(name, collected);
    return collected;
  }

  private allocate(name: string, { shape, size }: Layout, kind: (typeof ARRAYS)[keyof typeof ARRAYS]): TypedArray {
    const length = size * this.count;
    try {
      return new kind(length);
    } catch (cause) {
      const gigabytes = ((length * kind.BYTES_PER_ELEMENT) / 2 ** 30).toFixed(1);
      throw new Error(
        `infer.Predictive: ${this.count} draws of site "${name}", of shape ${format(shape)} each, take ${gigabytes} GiB, which cannot ` +
          'be had; leave it out with returnSites, or take fewer draws at a time',
        { cause },
      );
    }
  }
}
