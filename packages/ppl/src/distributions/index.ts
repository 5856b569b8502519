/** @file `dist.*`: probability distributions, their classes, and divergences between them. */
import './klFamilies.ts';
import './klWrappers.ts';

export { Distribution } from './distribution.ts';
export type { Parameter } from './parameter.ts';
export type { ProbsOrLogits } from './probability.ts';
export { klDivergence, NoClosedFormKl, registerKl } from './kl.ts';
export type { Family, KlRule } from './kl.ts';

export { Bernoulli, bernoulli } from './bernoulli.ts';
export { Categorical, categorical } from './categorical.ts';
export { Cauchy, cauchy } from './cauchy.ts';
export { Delta, delta } from './delta.ts';
export { Gamma, gamma } from './gamma.ts';
export { HalfCauchy, halfCauchy } from './halfCauchy.ts';
export { HalfNormal, halfNormal } from './halfNormal.ts';
export { Independent, independent } from './independent.ts';
export { Masked, masked } from './masked.ts';
export { Normal, normal } from './normal.ts';
export { Transformed, transformed } from './transformed.ts';
export { Uniform, uniform } from './uniform.ts';
