/** @file A compiled step: a program that keeps the parameters in its memory. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { AssignmentError, compareWithEager, compileGraph, inDoublePrecision, sameGraph, traceGraph } from '@tychejs/jit';
import type { CompiledProgram, Graph, Precision, ProgramNumbers, RunAt, TraceOptions } from '@tychejs/jit';
import '../../../compiled/register.ts';
import type { Optimizer } from '../../../optim/optimizer.ts';
import type { Holder } from '../../../params/held.ts';
import { hold, letGo } from '../../../params/held.ts';
import { isTracing } from '../../../backend/tracing.ts';
import type { RecordedDraw } from '../../../random/drawn.ts';
import { recordDraws } from '../../../random/drawn.ts';
import type { RandomStream } from '../../../random/stream.ts';
import { withLineage } from '../../../random/stream.ts';
import { format } from '../../../util/shape.ts';
import { unnoticed } from '../assignments.ts';
import { updateStream } from '../sviStep.ts';
import { holdState } from './heldState.ts';
import { NoiseInputs } from './noiseInputs.ts';
import { ParamsChanged } from './stepFunction.ts';
import type { StepFunction } from './stepFunction.ts';
import type { StepUpdate } from './stepUpdate.ts';
import { updateBy } from './stepUpdate.ts';

/** Results of the program: the loss, whether loss and gradients are numbers, and what becomes of parameters and state. */
const [LOSS, IS_FINITE, FIRST_UPDATE] = [0, 1, 2];

/**
 * The program of one step: value, gradients and update. Parameters stay in its memory from step to step, until somebody asks
 * their store for them; and so do the variables of its state, until anybody reads one of them.
 */
export class StepProgram implements Holder {
  /** How long it took to record the step, in milliseconds. */
  readonly traceMilliseconds: number;
  readonly compileMilliseconds: number;
  private readonly fn: StepFunction;
  private readonly options: TraceOptions;
  private readonly graph: Graph;
  private readonly program: CompiledProgram;
  private readonly update: StepUpdate;
  private readonly noise: NoiseInputs;
  /** The tensors whose numbers the program has. */
  private readonly loaded: (Tensor | null)[];
  /** Where the inputs begin that are its state. */
  private readonly firstState: number;
  private holds = false;
  private releaseState: () => void = () => undefined;

  /**
   * @param tensors - among the arguments of the step: the program is compared with an eager step there.
   * @throws TraceError when the step cannot be compiled; ParamsChanged when it reads others than the function's parameters.
   */
  constructor(fn: StepFunction, optimizer: Optimizer, stream: RandomStream, tensors: readonly Tensor[]) {
    const { params, state } = fn;
    const firstInput = fn.inputs.length;
    const trained = params.flatMap((param, input) => (param.isTrained ? [{ ...param, input }] : []));
    const update = updateBy(optimizer, { params: trained, firstInput, firstOutput: FIRST_UPDATE });
    const own = update.inputShapes.map((shape) => ({ shape, dtype: 'float32' as const, grad: false }));
    const at = (tensors: readonly (Tensor | null)[], { input }: { readonly input: number }): Tensor => tensors[input] as Tensor;
    const firstState = firstInput + own.length;
    let ofUpdate: readonly RecordedDraw[] = [];
    const options: TraceOptions = {
      inputs: [...fn.inputs, ...own],
      valueAndGrad: true,
      state,
      update: ([loss], gradients, inputs) => {
        const slopes = trained.map((param) => at(gradients, param));
        const isFinite = allFinite([loss as Tensor, ...slopes]);
        const values = trained.map((param) => at(inputs, param));
        state.forEach((variable, i) => variable.assign(tf.where(isFinite, variable, inputs[firstState + i] as Tensor)));
        const own = inputs.slice(firstInput, firstState);
        const { result, draws } = recordDraws(() => withLineage(() => update.record(isFinite, values, slopes, own, updateStream(stream))));
        if (isTracing()) ofUpdate = draws;
        return [tf.cast(isFinite, 'float32'), ...result];
      },
    };
    const begin = performance.now();
    const graph = traceGraph(fn.loss, options);
    const traced = performance.now();
    const carry = [null, ...update.carry, ...state.map((_, i) => firstState + i)];
    const program = compileGraph(graph, { precision: fn.precision, carry, generateNoise: true });
    this.traceMilliseconds = traced - begin;
    this.compileMilliseconds = performance.now() - traced;
    this.fn = fn;
    this.options = options;
    this.graph = graph;
    this.program = program;
    this.update = update;
    this.loaded = tensors.map(() => null);
    this.firstState = firstState;
    this.noise = new NoiseInputs([...fn.draws, ...ofUpdate], stream, program);
    const point = [...[...params.map(({ variable }) => variable), ...tensors].map((tensor) => tensor.dataSync()), ...pointOf(update)];
    const run: RunAt = (values) => program.replay(...values);
    compareWithEager(fn.loss, { ...options, point }, graph, run, inDoublePrecision(graph));
  }

  get precision(): Precision {
    return this.fn.precision;
  }

  /** Whether variables that it reads are gone. */
  get isStale(): boolean {
    return [...this.variables, ...this.fn.state].some(({ isDisposed }) => isDisposed);
  }

  /** Takes a step. @returns the loss before it; null when loss or gradients are not finite, and nothing has moved. */
  step(stream: RandomStream, tensors: readonly Tensor[]): number | null {
    this.run(stream, tensors, true);
    if (this.program.outputView(IS_FINITE)[0] !== 1) return null;
    this.update.finish(this.program, updateStream(stream));
    return this.program.outputView(LOSS)[0] ?? NaN;
  }

  /** The loss alone. */
  loss(stream: RandomStream, tensors: readonly Tensor[]): number {
    this.takeOver();
    const before = this.fn.state.map((_, i) => this.stateView(i).slice());
    this.run(stream, tensors, false);
    before.forEach((values, i) => this.stateView(i).set(values));
    return this.program.outputView(LOSS)[0] ?? NaN;
  }

  /** Whether the step, recorded once more, is still the same: what it reads besides its arguments may have changed. */
  isUpToDate(): boolean {
    try {
      return sameGraph(traceGraph(this.fn.loss, this.options), this.graph);
    } catch (error) {
      if (error instanceof ParamsChanged || error instanceof AssignmentError) return false;
      throw error;
    }
  }

  giveBack(): void {
    if (!this.holds) return;
    this.holds = false;
    letGo(this.variables);
    this.releaseState();
    unnoticed(() => {
      this.fn.params.forEach(({ variable, isTrained }, i) => {
        if (isTrained) write(variable, this.program.inputView(i));
      });
      this.fn.state.forEach((variable, i) => write(variable, this.stateView(i)));
    });
  }

  numbersOf(variable: Variable): ProgramNumbers {
    return this.program.inputView(this.variables.indexOf(variable));
  }

  private get variables(): Variable[] {
    return this.fn.params.map(({ variable }) => variable);
  }

  private stateView(index: number): ProgramNumbers {
    return this.program.inputView(this.firstState + index);
  }

  private run(stream: RandomStream, tensors: readonly Tensor[], moves: boolean): void {
    this.takeOver();
    this.load(tensors);
    this.update.prepare(this.program, moves);
    this.noise.draw(stream);
    this.program.execute();
  }

  private takeOver(): void {
    if (this.holds) return;
    const { variables } = this;
    hold(variables, this);
    variables.forEach((variable, i) => this.program.inputView(i).set(variable.dataSync()));
    this.fn.state.forEach((variable, i) => this.stateView(i).set(variable.dataSync()));
    this.releaseState = holdState(this.fn.state, this);
    this.holds = true;
  }

  private load(tensors: readonly Tensor[]): void {
    tensors.forEach((tensor, i) => {
      if (tensor.isDisposed) throw new Error(`${this.fn.where}: a tensor of shape ${format(tensor.shape)} among the arguments has been disposed`);
      if (this.loaded[i] === tensor) return;
      this.program.inputView(this.fn.params.length + i).set(tensor.dataSync());
      // A variable may hold other numbers next time.
      this.loaded[i] = tensor instanceof tf.Variable ? null : tensor;
    });
  }
}

function allFinite(tensors: readonly Tensor[]): Tensor {
  // A NaN is not less than anything, and goes through `max`.
  return tensors.map((x) => tf.less(tf.max(tf.abs(x)), Infinity)).reduce((a, b) => tf.logicalAnd(a, b));
}

function write(variable: Variable, values: ProgramNumbers): void {
  if (variable.isDisposed) return;
  const { shape, dtype } = variable;
  const next = tf.tensor(dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values), shape, dtype);
  variable.assign(next);
  next.dispose();
}

/** Where the update is compared with an eager one: it moves, by small numbers. */
function pointOf({ inputShapes }: StepUpdate): Float32Array[] {
  return inputShapes.map((shape) => new Float32Array(shape.reduce((size, n) => size * n, 1)).fill(0.5));
}
