/** @file The statements that models and guides are made of. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraints/constraint.ts';
import { real } from './constraints/real.ts';
import { Distribution } from './distributions/distribution.ts';
import { factorDistribution } from './distributions/factor.ts';
import type { Parameter } from './distributions/parameter.ts';
import { asTensor } from './distributions/parameter.ts';
import { checkValueShape } from './distributions/valueShape.ts';
import { MaskHandler } from './handlers/mask.ts';
import { getParamStore } from './params/store.ts';
import { globalStream } from './random/global.ts';
import type { RandomStream } from './random/stream.ts';
import type { DeterministicMessage, InferConfig, ParamMessage, SampleMessage, StreamMessage } from './runtime/message.ts';
import { blank } from './runtime/message.ts';
import { SiteError } from './runtime/siteError.ts';
import { checkName } from './runtime/siteName.ts';
import { send } from './runtime/stack.ts';
import { checkOptions } from './util/options.ts';
import type { Shape } from './util/shape.ts';
import { shapeOf } from './util/shape.ts';

export interface SampleOptions {
  /** The observed value; the site is then no random choice but a factor of the likelihood. */
  readonly obs?: Tensor | TensorLike | null;
  /** Where false, the element is missing and is drawn: the site splits into `name_observed` and `name_unobserved`. */
  readonly obsMask?: Tensor | TensorLike;
  /** Notes to inference. */
  readonly infer?: InferConfig;
}

/**
 * A random choice, or with `obs` an observation.
 *
 * @returns the value, of shape `batchShape + eventShape` (inside plates: of the batch shape expanded to them).
 * @throws SiteError when the observed value has a shape that does not fit, or the distribution's parameters are invalid.
 */
export function sample(name: string, distribution: Distribution, options: SampleOptions = {}): Tensor {
  checkName('sample', name);
  checkOptions(`sample("${name}")`, options, ['obs', 'obsMask', 'infer']);
  if (!(distribution instanceof Distribution)) {
    throw new SiteError({ type: 'sample', name }, `expected a distribution such as dist.normal(0, 1), got ${typeof distribution}`);
  }
  const { obs = null, obsMask, infer = {} } = options;
  if (obsMask !== undefined) return samplePartlyObserved(name, distribution, obs, obsMask, infer);
  const message: SampleMessage = {
    ...blank(),
    type: 'sample',
    name,
    distribution,
    value: obs === null ? null : observation('sample', name, obs),
    isObserved: obs !== null,
    lacksObservation: obs === null && 'obs' in options,
    infer,
  };
  return sendSample(message);
}

/**
 * Sends a sample message, drawing where no handler has an answer; for handlers that make sample sites of their own.
 *
 * @throws SiteError when the value has a shape that does not fit, or the distribution's parameters are invalid.
 */
export function sendSample(message: SampleMessage): Tensor {
  const value = send(message, draw);
  try {
    checkValueShape(message.distribution, value.shape);
    message.distribution.throwIfInvalid();
  } catch (error) {
    throw SiteError.at(message, error);
  }
  return value;
}

function draw({ distribution, stream }: SampleMessage): Tensor {
  const source = stream ?? globalStream().split();
  return distribution.hasRsample ? distribution.rsample([], source) : distribution.sample([], source);
}

function observation(type: 'sample' | 'deterministic', name: string, value: Tensor | TensorLike): Tensor {
  try {
    return value instanceof tf.Tensor ? value : asTensor(value);
  } catch (error) {
    throw SiteError.at({ type, name }, error);
  }
}

function samplePartlyObserved(
  name: string,
  distribution: Distribution,
  obs: SampleOptions['obs'],
  obsMask: Tensor | TensorLike,
  infer: InferConfig,
): Tensor {
  if (obs === null || obs === undefined) throw new SiteError({ type: 'sample', name }, 'obsMask needs obs');
  const present = tf.cast(obsMask instanceof tf.Tensor ? obsMask : tf.tensor(obsMask as boolean[]), 'bool');
  const missing = tf.logicalNot(present);
  const observed = new MaskHandler({ mask: present }).run(() => sample(`${name}_observed`, distribution, { obs, infer }));
  const drawn = new MaskHandler({ mask: missing }).run(() => sample(`${name}_unobserved`, distribution, { infer }));
  const events = distribution.eventShape.map(() => 1);
  const choose = tf.broadcastTo(tf.reshape(present, [...present.shape, ...events]), drawn.shape);
  return deterministic(name, tf.where(choose, tf.broadcastTo(observed, drawn.shape), drawn));
}

export interface ParamOptions {
  /** The set that the value must lie in; the real line by default. */
  readonly constraint?: Constraint;
  /** Number of rightmost dimensions that enclosing plates do not index; all of them by default. */
  readonly eventDim?: number;
}

/**
 * A trainable value, kept in the parameter store under `name`. `init` (constrained) is used the first time only.
 *
 * @throws SiteError when the store has no value and there is no `init`, or the value kept has another shape than `init`.
 */
export function param(name: string, init?: Parameter | (() => Tensor), options: ParamOptions = {}): Tensor {
  checkName('param', name);
  checkOptions(`param("${name}")`, options, ['constraint', 'eventDim']);
  const message: ParamMessage = {
    ...blank(),
    type: 'param',
    name,
    init: initial(init),
    constraint: options.constraint ?? real,
    eventDim: options.eventDim ?? null,
    store: null,
    variable: null,
  };
  const shape = init === undefined || typeof init === 'function' ? null : shapeOf(init);
  return send(message, () => fromStore(message, shape));
}

function initial(init: Parameter | (() => Tensor) | undefined): Tensor | (() => Tensor) | null {
  if (init === undefined) return null;
  if (typeof init === 'function') return init as () => Tensor;
  return init instanceof tf.Tensor ? init : () => asTensor(init);
}

function fromStore(message: ParamMessage, shape: Shape | null): Tensor {
  const store = message.store ?? getParamStore();
  const value = store.fetch(message.name, message.init, message.constraint, shape);
  message.variable = store.variable(message.name);
  return value;
}

/** Records `value` under `name` in traces, posterior samples and predictions. It has no density. */
export function deterministic(name: string, value: Tensor | TensorLike): Tensor {
  checkName('deterministic', name);
  const tensor = observation('deterministic', name, value);
  const message: DeterministicMessage = { ...blank(), type: 'deterministic', name, value: tensor };
  return send(message, () => tensor);
}

/**
 * Adds `logFactor` to the model's log-density.
 *
 * @param logFactor - any shape; its elements are those of a batch, which plates and masks act on.
 */
export function factor(name: string, logFactor: Tensor | TensorLike): void {
  checkName('factor', name);
  const distribution = factorDistribution(logFactor);
  const obs = tf.zeros([...shapeOf(logFactor), 0]);
  sample(name, distribution, { obs });
}

/**
 * The random stream in force: a child of the innermost `seed` handler's, or of the process's own. For randomness of a
 * model's own making that must be reproducible with the rest.
 */
export function randomStream(name: string): RandomStream {
  checkName('randomStream', name);
  const message: StreamMessage = { ...blank(), type: 'stream', name };
  return send(message, ({ stream }) => stream ?? globalStream().split());
}
