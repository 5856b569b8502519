/** @file One step of SVI: gradients, a look at whether they are numbers, an update. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import { isPromise } from '../../handlers/whenDone.ts';
import type { Optimizer, ParameterGradient } from '../../optim/optimizer.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Handler } from '../../runtime/handler.ts';
import type { Stack } from '../../runtime/stack.ts';
import { withStack } from '../../runtime/stack.ts';
import { withValidation } from '../../util/validation.ts';
import { Assignments } from './assignments.ts';
import type { Loss, LossAndGradients, ParamGradient, Program } from './loss.ts';
import { FiniteCheck } from './nonFinite.ts';
import { NonFiniteStep } from './nonFiniteStep.ts';
import { NewParams } from './paramRecorder.ts';

/** Under what a step runs. The same context gives the same randomness again. */
export interface StepContext {
  readonly stack: Stack;
  readonly stream: RandomStream;
  /** Whether parameters and values of distributions are checked. */
  readonly validate: boolean;
}

/** What a step is a step of. */
export interface Objective<A extends unknown[]> {
  readonly model: Program<A>;
  readonly guide: Program<A>;
  readonly loss: Loss;
  /** Begins what is said of it: 'svi' or 'infer.SVI' by default. */
  readonly where?: string;
}

/** The stream that the update of a step draws from, if it draws at all. */
export function updateStream(step: RandomStream): RandomStream {
  return step.fold('update');
}

/**
 * Moves the parameters one step. All or nothing, and without interruption where tensors can be read at once.
 *
 * @returns the loss before the step.
 * @throws NonFiniteStep when the loss or a gradient is not finite.
 */
export async function takeStep<A extends unknown[]>(
  objective: Objective<A>,
  optimizer: Optimizer,
  context: StepContext,
  args: A,
): Promise<number> {
  const created = new NewParams();
  const assignments = new Assignments();
  let result: LossAndGradients | null = null;
  try {
    const { model, guide, loss } = objective;
    const pending = assignments.run(() => within(context, created, () => loss.lossAndGradients(model, guide, args)));
    result = isPromise(pending) ? await pending : pending;
    const tensors = [result.loss, ...result.gradients.flatMap(({ variable, gradient }) => [variable, gradient])];
    const numbers: ArrayLike<number>[] = canReadSynchronously()
      ? tensors.map((tensor) => tensor.dataSync())
      : await Promise.all(tensors.map((tensor) => tensor.data()));
    const value = numbers[0]?.[0] ?? NaN;
    if (!Number.isFinite(value)) throw await explain(value, objective, context, args);
    update(optimizer, result.gradients, numbers.slice(1), { where: objective.where ?? 'svi', stream: updateStream(context.stream) });
    assignments.accept();
    return value;
  } catch (error) {
    assignments.undo();
    created.remove();
    throw error;
  } finally {
    if (result !== null) disposeOf(result);
  }
}

/**
 * The loss, with nothing moved, neither parameters nor what model and guide assign to variables of their own.
 *
 * @param isValid - what it may be; by default anything but NaN.
 * @param assignments - notes the variables that are assigned.
 * @throws Error when it is not, naming the site or parameter.
 */
export async function evaluate<A extends unknown[]>(
  objective: Objective<A>,
  context: StepContext,
  args: A,
  isValid: (loss: number) => boolean = (loss) => !Number.isNaN(loss),
  assignments: Assignments = new Assignments(),
): Promise<number> {
  const created = new NewParams();
  try {
    const value = await lossOnly(objective, context, created, args, assignments);
    if (!isValid(value)) throw await explain(value, objective, context, args);
    return value;
  } catch (error) {
    created.remove();
    throw error;
  }
}

/** Runs `body` as a step does: in its context, with `handler` around it. */
export function within<R>({ stack, stream, validate }: StepContext, handler: Handler, body: () => R): R {
  const seeded = (): R => new SeedHandler({ seed: stream }).run(body);
  return withStack(stack, () => withValidation(validate, () => handler.run(seeded)));
}

function update(
  optimizer: Optimizer,
  gradients: readonly ParamGradient[],
  numbers: readonly ArrayLike<number>[],
  { where, stream }: { readonly where: string; readonly stream: RandomStream },
): void {
  const parameters = gradients.map(({ name, variable }, i): ParameterGradient => {
    // The value is a copy, for the optimiser to write on: the backend may hold the original.
    const value = new Float32Array(numbers[2 * i] as Float32Array);
    const parameter = { name, variable, value, gradient: numbers[2 * i + 1] as Float32Array };
    checkGradient(where, parameter);
    return parameter;
  });
  optimizer.step(parameters, 1, stream);
  gradients.forEach(({ variable }, i) => assign(variable, parameters[i]?.value));
}

function assign(variable: Variable, value: Float32Array | undefined): void {
  if (value === undefined) return;
  const next = tf.tensor(value, variable.shape);
  variable.assign(next);
  next.dispose();
}

function checkGradient(where: string, { name, gradient }: ParameterGradient): void {
  for (let i = 0; i < gradient.length; i++) {
    if (Number.isFinite(gradient[i])) continue;
    throw new NonFiniteStep(
      `${where}: the gradient of param "${name}" is ${gradient[i]} at element ${i}, although the loss is finite; no parameter was ` +
        'changed. Some operation has an infinite slope there (sqrt or log at 0), or tf.where hides a NaN from the loss alone.',
    );
  }
}

async function lossOnly<A extends unknown[]>(
  { model, guide, loss }: Objective<A>,
  context: StepContext,
  handler: Handler,
  args: A,
  assignments: Assignments = new Assignments(),
): Promise<number> {
  const estimate = (): MaybePromise<Scalar | LossAndGradients> =>
    loss.loss === undefined ? loss.lossAndGradients(model, guide, args) : loss.loss(model, guide, args);
  let result: Scalar | LossAndGradients;
  try {
    const pending = assignments.run(() => within(context, handler, estimate));
    result = isPromise(pending) ? await pending : pending;
  } finally {
    assignments.undo();
  }
  const scalar = 'loss' in result ? result.loss : result;
  try {
    const numbers: ArrayLike<number> = canReadSynchronously() ? scalar.dataSync() : await scalar.data();
    return numbers[0] ?? NaN;
  } finally {
    if ('loss' in result) disposeOf(result);
    else result.dispose();
  }
}

type MaybePromise<T> = T | Promise<T>;

/** Does the same again with all checks on, to find the site or parameter that a loss which is no number comes from. */
async function explain<A extends unknown[]>(value: number, objective: Objective<A>, context: StepContext, args: A): Promise<Error> {
  const created = new NewParams();
  const what = `${objective.where ?? 'svi'}: the loss is ${value}; no parameter was changed.`;
  try {
    const stack = { handler: new FiniteCheck(), outer: context.stack };
    await lossOnly(objective, { ...context, stack, validate: true }, created, args);
  } catch (error) {
    return new NonFiniteStep(`${what} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    created.remove();
  }
  return new NonFiniteStep(`${what} All parameters and log-densities are finite: their sum overflows, or a KL divergence does.`);
}

function disposeOf({ loss, gradients }: LossAndGradients): void {
  const tensors: Tensor[] = gradients.map(({ gradient }) => gradient);
  tf.dispose([loss, ...tensors]);
}
