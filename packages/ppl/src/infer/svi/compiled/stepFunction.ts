/** @file A step as a function of tensors: parameters and data in, loss out. */
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Precision, TraceInput } from '@tychejs/jit';
import { forSinglePrecision, isTracing } from '../../../backend/tracing.ts';
import { StandIns, withStandIns } from '../../../params/standIns.ts';
import type { RecordedDraw } from '../../../random/drawn.ts';
import { recordDraws } from '../../../random/drawn.ts';
import { withLineage } from '../../../random/stream.ts';
import { NotTraceable } from '../notTraceable.ts';
import type { Objective, StepContext } from '../sviStep.ts';
import { within } from '../sviStep.ts';
import { withTensors } from './arguments.ts';
import type { StepParam } from './paramCensus.ts';
import { ParamCensus } from './paramCensus.ts';

/** A parameter is read that was not, when the step ran eagerly: it has to be run again to find them all. */
export class ParamsChanged extends Error {
  override readonly name: string = 'ParamsChanged';
}

/** What a step reads besides its arguments. */
export interface StepVariables {
  readonly params: readonly StepParam[];
  /** Variables that model or guide assign: moving averages, say. */
  readonly state: readonly Variable[];
}

/** A step of one objective in one context, for these parameters and shapes of data. */
export interface StepFunction extends StepVariables {
  /** Begins what is said of it. */
  readonly where: string;
  readonly precision: Precision;
  /** What {@link loss} takes: the parameters, and then the tensors among the arguments. */
  readonly inputs: readonly TraceInput[];
  /** The loss as an expression of parameters and data; eagerly too, with the same draws. */
  readonly loss: (...inputs: Tensor[]) => Scalar;
  /** The draws of the run that was recorded last, in the order of the inputs that they became. */
  readonly draws: readonly RecordedDraw[];
}

/**
 * The step of `objective` in `context`.
 *
 * @param tensors - those among `args`, in order.
 * @param variables - those that the step reads and assigns.
 * @param precision - that of the program to be made of it.
 */
export function stepFunction<A extends unknown[]>(
  { model, guide, loss, where = 'infer.SVI' }: Objective<A>,
  context: StepContext,
  args: A,
  tensors: readonly Tensor[],
  { params, state }: StepVariables,
  precision: Precision,
): StepFunction {
  const unchecked = { ...context, validate: false };
  const inPrecision = <R>(body: () => R): R => (precision === 'float32' ? forSinglePrecision(body) : body());
  let lastDraws: readonly RecordedDraw[] = [];
  const estimate = (...inputs: Tensor[]): Scalar => {
    const standIns = new StandIns(new Map(params.map(({ variable }, i) => [variable, inputs[i] as Tensor])));
    const given = withTensors(args, inputs.slice(params.length));
    const differentiable = (): Scalar => {
      if (loss.differentiableLoss === undefined) throw new NotTraceable('the loss has no method differentiableLoss');
      return loss.differentiableLoss(model, guide, given);
    };
    try {
      const { result, draws } = recordDraws(() =>
        withLineage(() => inPrecision(() => withStandIns(standIns, () => within(unchecked, new ParamCensus(), differentiable)))),
      );
      if (isTracing()) lastDraws = draws;
      return result;
    } catch (error) {
      if (!standIns.failed) throw error;
      throw new ParamsChanged('the step reads a parameter that it did not read before', { cause: error });
    }
  };
  return {
    where,
    params,
    state,
    precision,
    inputs: [
      ...params.map(({ variable, isTrained }): TraceInput => ({ shape: variable.shape, dtype: 'float32', grad: isTrained })),
      ...tensors.map(({ shape, dtype }): TraceInput => ({ shape, dtype: dtype as 'float32', grad: false })),
    ],
    loss: estimate,
    get draws() {
      return lastDraws;
    },
  };
}
