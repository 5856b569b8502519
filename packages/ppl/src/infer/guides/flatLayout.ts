/** @file How latent sites lie in one flat vector. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../../util/shape.ts';
import { sizeOf } from '../../util/shape.ts';
import type { GuideSite } from './guideSite.ts';

/** Latent sites, one after the other in unconstrained space. */
export class FlatLayout {
  readonly sites: readonly GuideSite[];
  /** The length of the vector. */
  readonly dimension: number;
  private readonly offsets: ReadonlyMap<string, number>;

  constructor(sites: readonly GuideSite[]) {
    let end = 0;
    const offsets = new Map<string, number>();
    for (const site of sites) {
      offsets.set(site.name, end);
      end += sizeOf(site.unconstrainedShape);
    }
    this.sites = sites;
    this.dimension = end;
    this.offsets = offsets;
  }

  /** One vector of one tensor a site, each of size `site.unconstrainedShape`. */
  flatten(value: (site: GuideSite) => Tensor): Tensor {
    return tf.tidy(() => tf.concat(this.sites.map((site) => tf.reshape(value(site), [-1]))));
  }

  /** A site's part of vectors `[...lead, dimension]`, by default as `[...lead, ...site.unconstrainedShape]`. */
  part(site: GuideSite, vectors: Tensor, lead: Shape = vectors.shape.slice(0, -1)): Tensor {
    const start = [...vectors.shape.slice(0, -1).map(() => 0), this.offsets.get(site.name) ?? 0];
    const size = [...vectors.shape.slice(0, -1), sizeOf(site.unconstrainedShape)];
    return tf.reshape(tf.slice(vectors, start, size), [...lead, ...site.unconstrainedShape]);
  }

  /** A site's rows of a matrix `[dimension, n]`. */
  rows(site: GuideSite, matrix: Tensor): Tensor {
    return tf.slice(matrix, [this.offsets.get(site.name) ?? 0, 0], [sizeOf(site.unconstrainedShape), -1]);
  }

  /** The value of a site at vectors `[...lead, dimension]`: of shape `[...lead, ...site.shape]`. */
  image(site: GuideSite, vectors: Tensor): Tensor {
    return tf.clone(site.transform.forward(this.part(site, vectors)));
  }
}
