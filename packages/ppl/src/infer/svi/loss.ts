/** @file What SVI asks of a loss. */
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Engine } from '../mcmc/target.ts';

/** A model or a guide: any function that contains statements such as `sample` and `param`. */
export type Program<A extends unknown[]> = (...args: A) => unknown;

/** The slope of the loss along one parameter. */
export interface ParamGradient {
  readonly name: string;
  /** The unconstrained variable behind the parameter. */
  readonly variable: Variable;
  /** Of the variable's shape. */
  readonly gradient: Tensor;
}

/** A loss and its gradients; all tensors in it belong to who asked for them. */
export interface LossAndGradients {
  readonly loss: Scalar;
  /** For the parameters that were read and that the loss depends on. */
  readonly gradients: readonly ParamGradient[];
}

/** An objective for SVI to minimise. */
export interface Loss {
  /** How its steps are run, unless SVI is told otherwise. */
  readonly engine?: Engine;
  /**
   * An estimate of the loss as one expression of tensors, whose gradient by the parameters estimates that of the loss. A
   * compiled step records it, so that while `isTracing()` no tensor in it may be read and nothing be remembered; where that
   * is impossible it throws `NotTraceable`.
   */
  differentiableLoss?<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar;
  /** An estimate of the loss, and one of its gradients by the parameters of model and guide. */
  lossAndGradients<A extends unknown[]>(
    model: Program<A>,
    guide: Program<A>,
    args: A,
  ): LossAndGradients | Promise<LossAndGradients>;
  /** An estimate of the loss alone, where that is cheaper. */
  loss?<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar | Promise<Scalar>;
}
