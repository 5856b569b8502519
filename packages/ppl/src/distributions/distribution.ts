/** @file The base class of all distributions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { globalStream } from '../random/global.ts';
import type { RandomStream } from '../random/stream.ts';
import { currentStack } from '../runtime/stack.ts';
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import type { Shape } from '../util/shape.ts';
import { isValidationOn } from '../util/validation.ts';
import type { Parameter } from './parameter.ts';
import { asTensor, violation } from './parameter.ts';
import { checkValueShape } from './valueShape.ts';
import { wrappers } from './wrappers.ts';

/**
 * A probability distribution over tensors. A draw has shape `sampleShape + batchShape + eventShape`; its log-density has
 * shape `sampleShape + batchShape`: batch elements are independent, possibly with different parameters, and the
 * dimensions of one event belong together.
 *
 * A family implements `draw`, `logDensity`, `support` and `hasRsample`, and where they exist in closed form the moments,
 * `entropy`, `cdf` and `icdf`. It keeps its parameters as given and computes from them when asked, so that it owns no
 * tensors.
 */
export abstract class Distribution {
  /** The family's name as its factory spells it, for error messages. */
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

  /** Draws of shape `shape + eventShape`, where `shape` ends in `batchShape`; differentiable if `hasRsample`. */
  protected abstract draw(shape: Shape, stream: RandomStream): Tensor;

  /** The log-density at `value` (float32, or int32 for indices), -Infinity outside of the support. */
  protected abstract logDensity(value: Tensor): Tensor;

  /** Expectation, of shape `batchShape + eventShape`; NaN where it does not exist. */
  get mean(): Tensor {
    throw this.noClosedForm('mean');
  }

  /** Variance of each element, of shape `batchShape + eventShape`; NaN or Infinity where it does not exist. */
  get variance(): Tensor {
    throw this.noClosedForm('variance');
  }

  /** Differential (or Shannon) entropy in nats, of shape `batchShape`. */
  entropy(): Tensor {
    throw this.noClosedForm('entropy');
  }

  /** P(X ≤ x) elementwise. */
  cdf(_x: Parameter): Tensor {
    throw this.noClosedForm('cdf');
  }

  /** The x with P(X ≤ x) = p, elementwise. */
  icdf(_p: Parameter): Tensor {
    throw this.noClosedForm('icdf');
  }

  /** All values of a finite support, stacked in front: shape `[count] + batchShape + eventShape`. */
  enumerateSupport(): Tensor {
    throw new Error(`${this.name}: its support cannot be enumerated`);
  }

  /** Draws through which no gradient flows. @param stream - defaults to a child of the process's own stream. */
  sample(sampleShape: Shape = [], stream: RandomStream = globalStream().split()): Tensor {
    this.throwIfInvalid();
    return tf.tidy(() => detach(this.draw([...sampleShape, ...this.batchShape], stream)));
  }

  /** Draws that are differentiable functions of the parameters. @throws Error when the family has no such draws. */
  rsample(sampleShape: Shape = [], stream: RandomStream = globalStream().split()): Tensor {
    this.throwIfInvalid();
    if (!this.hasRsample) throw new Error(`${this.name}: draws cannot be reparameterised; use sample()`);
    return tf.tidy(() => this.draw([...sampleShape, ...this.batchShape], stream));
  }

  /**
   * The log-density at `value`, whose shape is `batchShape + eventShape`, or that with sample dimensions in front, or
   * something smaller that broadcasts to it.
   *
   * @returns shape `sampleShape + batchShape`.
   * @throws Error when value and parameters would broadcast to something larger than both, when the event shape differs,
   * or (with validation on) when `value` lies outside of the support.
   */
  logProb(value: Tensor | TensorLike): Tensor {
    this.throwIfInvalid();
    return tf.tidy(() => {
      const x = value instanceof tf.Tensor && value.dtype === 'int32' ? value : asTensor(value);
      checkValueShape(this, x.shape);
      if (isValidationOn()) {
        const why = violation(x, this.support);
        if (why !== null) throw new Error(`${this.name}: value ${why}`);
      }
      const result = this.logDensity(x);
      const valueBatch = x.shape.slice(0, x.rank - this.eventShape.length);
      const shape = broadcastShapes(valueBatch, this.batchShape);
      return sameShape(result.shape, shape) ? result : tf.broadcastTo(result, shape);
    });
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
  mask(mask: Tensor | TensorLike | boolean): Distribution {
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
    if (why === null) return;
    const problem = `${this.constructorName()}: ${parameterName} ${why}`;
    if (currentStack() === null) throw new RangeError(problem);
    this.problem = problem;
  }

  /** @throws RangeError with what is wrong with the parameters, if anything is. */
  throwIfInvalid(): void {
    if (this.problem !== null) throw new RangeError(this.problem);
  }

  /** The family's name while its fields are not initialised yet. */
  private constructorName(): string {
    const name = this.constructor.name;
    return name.charAt(0).toLowerCase() + name.slice(1);
  }

  private noClosedForm(what: string): Error {
    return new Error(`${this.name}: ${what} has no closed form here`);
  }
}

/** `x`, as a constant to gradients. */
function detach(x: Tensor): Tensor {
  return tf.customGrad((...args: (Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as Tensor;
    return { value: tf.clone(input), gradFunc: () => tf.zerosLike(input) };
  })(x);
}
