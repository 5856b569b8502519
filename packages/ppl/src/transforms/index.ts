/** @file `transforms.*`: smooth bijections, and the one that belongs to each constraint. */
export { affineAutoregressive, AffineAutoregressiveTransform } from './affineAutoregressive.ts';
export type { AutoregressiveNetwork } from './affineAutoregressive.ts';
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
export { lowerCholeskyAffine, LowerCholeskyAffineTransform } from './lowerCholeskyAffine.ts';
export { maskedLayerShapes, MaskedNetwork } from './maskedNetwork.ts';
export type { LayerShape, MaskedLayer } from './maskedNetwork.ts';
export {
  corrCholesky,
  CorrCholeskyTransform,
  gram,
  GramTransform,
  lowerCholesky,
  LowerCholeskyTransform,
} from './matrices.ts';
export { ordered, OrderedTransform, positiveOrdered } from './ordered.ts';
export { permutation, PermutationTransform } from './permutation.ts';
export { reshape, ReshapeTransform } from './reshape.ts';
export { stickBreaking, StickBreakingTransform } from './stickBreaking.ts';
export { ElementwiseTransform } from './transform.ts';
export type { Transform } from './transform.ts';
