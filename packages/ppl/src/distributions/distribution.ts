/** @file The base class of all distributions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { IndependentConstraint } from '../constraints/independent.ts';
import { isDeclaredInside } from '../constraints/inside.ts';
import { Real } from '../constraints/real.ts';
import { stopGradient } from '../ops/stopGradient.ts';
import { globalStream } from '../random/global.ts';
import type { RandomStream } from '../random/stream.ts';
import { currentStack } from '../runtime/stack.ts';
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import type { Shape } from '../util/shape.ts';
import { isRoundingForgiven, isValidationOn } from '../util/validation.ts';
import type { Operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor, canReadSynchronously, violation } from './parameter.ts';
import { checkArgumentShape } from './valueShape.ts';
import { wrappers } from './wrappers.ts';

/**
 * A probability distribution over tensors. A draw has shape `sampleShape + batchShape + eventShape`; its log-density has
 * shape `sampleShape + batchShape`: batch elements are independent, possibly with different parameters, and the
 * dimensions of one event belong together.
 *
 * A family implements `draw`, `logDensity`, `support` and `hasRsample`, and where they exist in closed form `computeMean`
 * and the like. It keeps its parameters as given and computes from them when asked, so that it owns no tensors. What it
 * computes may be a number or have a shape that broadcasts to the one promised: this class tidies and widens it.
 */
export abstract class Distribution {
  /**
   * The family's name as its factory spells it, for error messages. A class that checks parameters on behalf of others
   * needs it before their fields are set: there it is a getter.
   */
  abstract readonly name: string;
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** Whether draws are differentiable functions of the parameters. */
  abstract readonly hasRsample: boolean;
  /** What is wrong with the parameters; a `sample` statement reports it with the site's name. */
  private problem: string | null = null;

  protected constructor(batchShape: Shape, eventShape: Shape = []) {
    this.batchShape = batchShape;
    this.eventShape = eventShape;
  }

  /** The set that draws lie in. */
  abstract get support(): Constraint;

  get isDiscrete(): boolean {
    return this.support.isDiscrete;
  }

  /** The type of draws: int32 for those that serve as indices. */
  get dtype(): 'float32' | 'int32' {
    return 'float32';
  }

  /** Draws of shape `shape + eventShape`, where `shape` ends in `batchShape`; differentiable if `hasRsample`. */
  protected abstract draw(shape: Shape, stream: RandomStream): Tensor;

  /** The log-density at `value`, of type `dtype`, which lies in the support (elsewhere the result is not used). */
  protected abstract logDensity(value: Tensor): Tensor;

  /** `value` with irrelevant elements replaced by harmless ones, before it is checked. */
  protected sanitise(value: Tensor): Tensor {
    return value;
  }

  protected computeMean(): Operand {
    throw this.noClosedForm('mean');
  }

  protected computeVariance(): Operand {
    throw this.noClosedForm('variance');
  }

  protected computeEntropy(): Operand {
    throw this.noClosedForm('entropy');
  }

  /** @param _x - float32, anywhere on the real line. */
  protected computeCdf(_x: Tensor): Tensor {
    throw this.noClosedForm('cdf');
  }

  /** @param _p - float32, in [0, 1]. */
  protected computeIcdf(_p: Tensor): Tensor {
    throw this.noClosedForm('icdf');
  }

  /** Expectation, of shape `batchShape + eventShape`; NaN where it does not exist. */
  get mean(): Tensor {
    return this.closedForm(() => this.computeMean(), [...this.batchShape, ...this.eventShape]);
  }

  /** Variance of each element, of shape `batchShape + eventShape`; NaN or Infinity where it does not exist. */
  get variance(): Tensor {
    return this.closedForm(() => this.computeVariance(), [...this.batchShape, ...this.eventShape]);
  }

  /** Differential (or Shannon) entropy in nats, of shape `batchShape`. */
  entropy(): Tensor {
    return this.closedForm(() => this.computeEntropy(), this.batchShape);
  }

  /** P(X ≤ x) elementwise. */
  cdf(x: Parameter): Tensor {
    return this.elementwise((at) => this.computeCdf(at), x);
  }

  /** The x with P(X ≤ x) = p, elementwise; NaN for p outside of [0, 1]. */
  icdf(p: Parameter): Tensor {
    return this.elementwise((at) => this.computeIcdf(at), p);
  }

  /** All values of a finite support, stacked in front: shape `[count] + batchShape + eventShape`. */
  enumerateSupport(): Tensor {
    throw new Error(`${this.name}: its support cannot be enumerated`);
  }

  /** Draws through which no gradient flows. @param stream - defaults to a child of the process's own stream. */
  sample(sampleShape: Shape = [], stream: RandomStream = globalStream().split()): Tensor {
    this.throwIfInvalid();
    return tf.tidy(() => stopGradient(this.draw([...sampleShape, ...this.batchShape], stream)));
  }

  /** Draws that are differentiable functions of the parameters. @throws Error when the family has no such draws. */
  rsample(sampleShape: Shape = [], stream: RandomStream = globalStream().split()): Tensor {
    this.throwIfInvalid();
    if (!this.hasRsample) throw new Error(`${this.name}: draws cannot be reparameterised; use sample()`);
    return tf.tidy(() => this.draw([...sampleShape, ...this.batchShape], stream));
  }

  /**
   * The log-density at `value`, whose shape is `batchShape + eventShape`, or that with sample dimensions in front, or
   * something smaller that broadcasts to it; or one that makes a table with the parameters, as [N, 1] does with a batch
   * shape of [K]. With validation off it is -Infinity outside of the support.
   *
   * @returns shape `sampleShape + batchShape`.
   * @throws Error when the shapes do not fit, or are those of a row against a column of the same length,
   * or (with validation on) when `value` lies outside of the support.
   */
  logProb(value: Tensor | TensorLike): Tensor {
    this.throwIfInvalid();
    return tf.tidy(() => {
      const raw = value instanceof tf.Tensor ? value : asTensor(value);
      checkArgumentShape(this, raw.shape);
      const given = this.sanitise(raw);
      const isChecked = isValidationOn() && canReadSynchronously();
      if (isChecked) {
        const why = violation(given, this.support);
        if (why !== null) throw new Error(`${this.name}: value ${why}`);
      }
      const density = isChecked
        ? Distribution.logDensityOf(this, given)
        : Distribution.boundedLogDensityOf(this, given);
      return density === value ? tf.clone(density) : density;
    });
  }

  /** Unchecked draws of another distribution, for wrappers: shape `shape + distribution.eventShape`. */
  protected static drawOf(distribution: Distribution, shape: Shape, stream: RandomStream): Tensor {
    return distribution.draw(shape, stream);
  }

  /** The unchecked log-density of another distribution, for wrappers, as wide as value and batch shape together. */
  protected static logDensityOf(distribution: Distribution, value: Tensor): Tensor {
    const { dtype, batchShape, eventShape } = distribution;
    const result = distribution.logDensity(value.dtype === dtype ? value : tf.cast(value, dtype));
    const shape = broadcastShapes(value.shape.slice(0, value.rank - eventShape.length), batchShape);
    return sameShape(result.shape, shape) ? result : tf.broadcastTo(result, shape);
  }

  /** What another distribution makes of a value before it is checked, for wrappers. */
  protected static sanitiseFor(distribution: Distribution, value: Tensor): Tensor {
    return distribution.sanitise(value);
  }

  /** The unchecked log-density of another distribution, and -Infinity outside of its support. */
  protected static boundedLogDensityOf(distribution: Distribution, value: Tensor): Tensor {
    const density = Distribution.logDensityOf(distribution, value);
    const { support } = distribution;
    if (isEverywhere(support) || isDeclaredInside(value, support)) return density;
    // Looking is cheaper than choosing, where it can be done.
    if (canReadSynchronously() && violation(value, support) === null) return density;
    return tf.where(support.check(value), density, -Infinity);
  }

  /** The same distribution over a larger batch shape. @throws Error when `batchShape` does not broadcast to it. */
  expand(batchShape: Shape): this {
    let fits = false;
    try {
      fits = sameShape(broadcastShapes(this.batchShape, batchShape), batchShape);
    } catch {
      fits = false;
    }
    if (!fits) {
      throw new Error(`${this.name}: batch shape ${format(this.batchShape)} does not expand to ${format(batchShape)}`);
    }
    const copy: this = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, this, { batchShape: [...batchShape] });
  }

  /** The distribution whose events also take in the rightmost `n` batch dimensions (all of them by default). */
  toEvent(n: number = this.batchShape.length): Distribution {
    if (n === 0) return this;
    if (wrappers.independent === null) throw new Error('distributions/independent.ts is not loaded');
    return wrappers.independent(this, n);
  }

  /** The distribution whose log-density counts as zero wherever `mask` (of batch shape) is false. */
  mask(mask: Tensor | TensorLike): Distribution {
    if (wrappers.masked === null) throw new Error('distributions/masked.ts is not loaded');
    return wrappers.masked(this, mask);
  }

  /**
   * Checks a parameter, in constructors, if validation is on. Outside of a model the complaint is thrown at once; inside
   * one it waits for the `sample` statement, which knows the site's name.
   */
  protected require(parameterName: string, value: Parameter, constraint: Constraint): void {
    if (this.problem !== null || !isValidationOn()) return;
    const why = violation(value, constraint);
    if (why === null || (isRoundingForgiven() && value instanceof tf.Tensor && hasNaN(value))) return;
    const problem = `${this.name}: ${parameterName} ${why}`;
    if (currentStack() === null) throw new RangeError(problem);
    this.problem = problem;
  }

  /** @throws RangeError with what is wrong with the parameters, if anything is. */
  throwIfInvalid(): void {
    if (this.problem !== null) throw new RangeError(this.problem);
  }

  /** Finds `compute()`, tidily, and widens it to `shape`. */
  private closedForm(compute: () => Operand, shape: Shape): Tensor {
    this.throwIfInvalid();
    return tf.tidy(() => tf.broadcastTo(asTensor(compute()), [...shape]));
  }

  private elementwise(compute: (at: Tensor) => Tensor, given: Parameter): Tensor {
    return tf.tidy(() => {
      const at = asTensor(given);
      const shape = broadcastShapes(at.shape, [...this.batchShape, ...this.eventShape]);
      return this.closedForm(() => compute(at), shape);
    });
  }

  private noClosedForm(what: string): Error {
    return new Error(`${this.name}: ${what} has no closed form here`);
  }
}

/** Of tensors that can be read. NaN is what is left of, say, a Cholesky factor whose matrix float32 did not hold. */
function hasNaN(x: Tensor): boolean {
  return x.dataSync().some(Number.isNaN);
}

/** Whether no value but NaN lies outside of `constraint`. */
function isEverywhere(constraint: Constraint): boolean {
  return constraint instanceof Real || (constraint instanceof IndependentConstraint && isEverywhere(constraint.base));
}
