/** @file Sites: what a trace remembers of each statement. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { Distribution } from '../distributions/distribution.ts';
import type { InferConfig, PlateFrame, SampleMessage } from './message.ts';
import { scaleAndMask, siteLogDensity } from './siteLogProb.ts';

interface SiteBase {
  readonly name: string;
  readonly plates: readonly PlateFrame[];
  readonly infer: InferConfig;
}

/** A `sample` statement. Its log-densities are computed when first asked for, and remembered. */
export class SampleSite implements SiteBase {
  readonly type = 'sample' as const;
  readonly name: string;
  readonly distribution: Distribution;
  readonly value: Tensor;
  readonly isObserved: boolean;
  readonly scale: number | Tensor;
  readonly mask: Tensor | boolean | null;
  readonly plates: readonly PlateFrame[];
  readonly infer: InferConfig;
  private cachedUnscaled: Tensor | null = null;
  private cachedLogProb: Tensor | null = null;

  constructor(message: Omit<SampleMessage, 'type' | 'value' | 'stop' | 'stream'> & { readonly value: Tensor }) {
    this.name = message.name;
    this.distribution = message.distribution;
    this.value = message.value;
    this.isObserved = message.isObserved;
    this.scale = message.scale;
    this.mask = message.mask;
    this.plates = message.plates;
    this.infer = message.infer;
  }

  /** log p(value) with scale and mask applied, elementwise over the batch shape. */
  get logProb(): Tensor {
    if (this.cachedLogProb === null || this.cachedLogProb.isDisposed) {
      this.cachedLogProb = scaleAndMask(this.unscaledLogProb, this.scale, this.mask);
    }
    return this.cachedLogProb;
  }

  /** log p(value) without scale and mask; where the mask is false, some number that means nothing. */
  get unscaledLogProb(): Tensor {
    if (this.cachedUnscaled === null || this.cachedUnscaled.isDisposed) this.cachedUnscaled = siteLogDensity(this);
    return this.cachedUnscaled;
  }
}

export interface ParamSite extends SiteBase {
  readonly type: 'param';
  /** The constrained value. */
  readonly value: Tensor;
  readonly constraint: Constraint;
}

export interface PlateSite extends SiteBase {
  readonly type: 'plate';
  readonly size: number;
  readonly subsampleSize: number;
  /** Which elements took part. */
  readonly value: Int32Array;
}

export interface DeterministicSite extends SiteBase {
  readonly type: 'deterministic';
  readonly value: Tensor;
}

export type Site = SampleSite | ParamSite | PlateSite | DeterministicSite;
