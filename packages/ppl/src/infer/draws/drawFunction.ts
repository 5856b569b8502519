/** @file One of many draws as a function of tensors: parameters and arguments in, results out. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TraceInput } from '@tychejs/jit';
import { forSinglePrecision, isTracing } from '../../backend/tracing.ts';
import { withPendingChecks } from '../../distributions/pendingChecks.ts';
import { StandIns, withStandIns } from '../../params/standIns.ts';
import type { RecordedDraw } from '../../random/drawn.ts';
import { recordDraws } from '../../random/drawn.ts';
import { withLineage } from '../../random/stream.ts';
import { signatureOf, withTensors } from '../svi/compiled/arguments.ts';
import type { StepParam } from '../svi/compiled/paramCensus.ts';
import { ParamCensus } from '../svi/compiled/paramCensus.ts';
import type { StepContext } from '../svi/sviStep.ts';
import { within } from '../svi/sviStep.ts';

/** Statements of models that are run once a draw. What they give may be tensors, or arrays and plain objects of them. */
export type DrawBody<A extends unknown[]> = (...args: A) => unknown;

/** A draw in one context, for these parameters and shapes of arguments. */
export interface DrawFunction {
  readonly params: readonly StepParam[];
  /** What {@link run} takes: the parameters, and then the tensors among the arguments. */
  readonly inputs: readonly TraceInput[];
  /** Whether parameters of distributions are what they must be (a scalar), and then the tensors among the results. */
  readonly run: (...inputs: Tensor[]) => Tensor[];
  /** The random numbers of the run that was recorded last, in the order of the inputs that they became. */
  readonly draws: readonly RecordedDraw[];
}

/**
 * The draw that `body` makes in `context`.
 *
 * @param tensors - those among `args`, in order.
 * @param params - those that it reads.
 */
export function drawFunction<A extends unknown[]>(
  body: DrawBody<A>,
  context: StepContext,
  args: A,
  tensors: readonly Tensor[],
  params: readonly StepParam[],
): DrawFunction {
  let lastDraws: readonly RecordedDraw[] = [];
  const run = (...inputs: Tensor[]): Tensor[] => {
    const standIns = new StandIns(new Map(params.map(({ variable }, i) => [variable, inputs[i] as Tensor])));
    const given = withTensors(args, inputs.slice(params.length));
    const once = (): Tensor[] => {
      const { result, holds } = withPendingChecks(() => signatureOf([body(...given)]).tensors);
      return [tf.cast(holds, 'float32'), ...result];
    };
    const { result, draws } = recordDraws(() =>
      withLineage(() => forSinglePrecision(() => withStandIns(standIns, () => within(context, new ParamCensus(), once)))),
    );
    if (isTracing()) lastDraws = draws;
    return result;
  };
  return {
    params,
    inputs: [
      ...params.map(({ variable }): TraceInput => ({ shape: variable.shape, dtype: 'float32', grad: false })),
      ...tensors.map(({ shape, dtype }): TraceInput => ({ shape, dtype: dtype as 'float32', grad: false })),
    ],
    run,
    get draws() {
      return lastDraws;
    },
  };
}
