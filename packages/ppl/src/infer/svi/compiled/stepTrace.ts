/** @file A step as a function of tensors: parameters and data in, loss out. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { TraceInput } from '@tychejs/jit';
import { forSinglePrecision, isTracing } from '../../../backend/tracing.ts';
import { StandIns, withStandIns } from '../../../params/standIns.ts';
import type { RecordedDraw } from '../../../random/drawn.ts';
import { recordDraws } from '../../../random/drawn.ts';
import { withLineage } from '../../../random/stream.ts';
import type { Objective, StepContext } from '../sviStep.ts';
import { within } from '../sviStep.ts';
import { withTensors } from './arguments.ts';
import type { StepParam } from './paramCensus.ts';
import { ParamCensus } from './paramCensus.ts';

/** A parameter is read that was not, when the step ran eagerly: it has to be run again to find them all. */
export class ParamsChanged extends Error {
  override readonly name: string = 'ParamsChanged';
}

/** What is recorded: a step of one objective, in one context. */
export class StepFunction<A extends unknown[]> {
  /** What {@link loss} takes: the parameters, and then the tensors among the arguments. */
  readonly inputs: readonly TraceInput[];
  /** The draws of the run that was recorded last. */
  draws: readonly RecordedDraw[] = [];
  private readonly objective: Objective<A>;
  private readonly context: StepContext;
  private readonly args: A;
  private readonly params: readonly StepParam[];

  /** @param tensors - those among `args`, in order. */
  constructor(objective: Objective<A>, context: StepContext, args: A, tensors: readonly Tensor[], params: readonly StepParam[]) {
    this.objective = objective;
    this.context = { ...context, validate: false };
    this.args = args;
    this.params = params;
    this.inputs = [
      ...params.map(({ variable, isTrained }): TraceInput => ({ shape: variable.shape, dtype: 'float32', grad: isTrained })),
      ...tensors.map(({ shape, dtype }): TraceInput => ({ shape, dtype: dtype as 'float32', grad: false })),
    ];
  }

  /** The loss as an expression of parameters and data; eagerly too, with the same draws. */
  readonly loss = (...inputs: Tensor[]): Scalar => {
    const { objective, context, params } = this;
    const args = withTensors(this.args, inputs.slice(params.length));
    const standIns = new StandIns(new Map(params.map(({ variable }, i) => [variable, inputs[i] as Tensor])));
    const estimate = (): Scalar => {
      const { model, guide, loss } = objective;
      if (loss.differentiableLoss === undefined) throw new Error('the loss has no method differentiableLoss');
      return loss.differentiableLoss(model, guide, args);
    };
    try {
      const { result, draws } = recordDraws(() =>
        withLineage(() => forSinglePrecision(() => withStandIns(standIns, () => within(context, new ParamCensus(), estimate)))),
      );
      if (isTracing()) this.draws = draws;
      return result;
    } catch (error) {
      if (standIns.missing.size === 0) throw error;
      throw new ParamsChanged('the step reads a parameter that it did not read before', { cause: error });
    }
  };
}
