/** @file Kullback-Leibler divergences of distributions made of others. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sameStructure } from '../constraints/same.ts';
import { exp } from '../transforms/elementwise.ts';
import { sumRightmost } from '../transforms/transform.ts';
import { withValidation } from '../util/validation.ts';
import { Delta } from './delta.ts';
import { Distribution } from './distribution.ts';
import { Independent } from './independent.ts';
import { klDivergence, registerKl } from './kl.ts';
import { LogNormal } from './logNormal.ts';
import { applyMask, Masked } from './masked.ts';
import { Normal } from './normal.ts';
import { Transformed } from './transformed.ts';

registerKl(Delta, Distribution, klOfPoint);

/** log p(v) - log q(v) at the one value v that p gives: infinite where q has no mass there. */
function klOfPoint(p: Distribution, q: Distribution): Tensor {
  const value = p.mean;
  return withValidation(false, () => tf.sub(p.logProb(value), q.logProb(value)));
}

registerKl(Independent, Distribution, (p, q) => (p.base instanceof Delta ? klOfPoint(p, q) : null));

registerKl(Independent, Independent, (p, q) => {
  const shared = Math.min(p.reinterpreted, q.reinterpreted);
  const part = klDivergence(withFewerDims(p, shared), withFewerDims(q, shared));
  return sumRightmost(part, shared);
});

/** `d` without `n` of its reinterpreted dimensions, which are batch dimensions again. */
function withFewerDims({ base, reinterpreted }: Independent, n: number): Distribution {
  return base.toEvent(reinterpreted - n);
}

// A change of variables changes both densities alike.
registerKl(Transformed, Transformed, (p, q) => {
  return sameStructure(p.transform, q.transform) ? klDivergence(p.base, q.base) : null;
});

registerKl(Transformed, LogNormal, (p, q) => {
  if (!(p.base instanceof Normal) || p.transform !== exp) return null;
  return klDivergence(new LogNormal(p.base.loc, p.base.scale), q);
});

// Where only one of the two is masked, what is left is an expectation of the other's log-density.
registerKl(Masked, Masked, (p, q) => {
  if (!sameStructure(p.maskValue, q.maskValue)) return null;
  return applyMask(p.maskValue, klDivergence(p.base, q.base));
});
