/** @file `transforms.*`: smooth bijections, and the one that belongs to each constraint. */
export { biject, NoBijection, registerBijection } from './biject.ts';
export { HalfLineTransform, LogisticTransform, sigmoid } from './bounded.ts';
export { compose, ComposeTransform } from './compose.ts';
export {
  affine,
  AffineTransform,
  exp,
  ExpTransform,
  identity,
  IdentityTransform,
  power,
  PowerTransform,
  softplus,
  SoftplusTransform,
  tanh,
  TanhTransform,
} from './elementwise.ts';
export { independent, IndependentTransform } from './independent.ts';
export { inverse, InverseTransform } from './inverse.ts';
export {
  corrCholesky,
  CorrCholeskyTransform,
  gram,
  GramTransform,
  lowerCholesky,
  LowerCholeskyTransform,
} from './matrices.ts';
export { ordered, OrderedTransform, positiveOrdered } from './ordered.ts';
export { stickBreaking, StickBreakingTransform } from './stickBreaking.ts';
export { ElementwiseTransform } from './transform.ts';
export type { Transform } from './transform.ts';
