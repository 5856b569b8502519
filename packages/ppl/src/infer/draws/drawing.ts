/** @file A compiled draw: a program that is executed once for each. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { compareWithEager, compileGraph, inDoublePrecision, sameGraph, traceGraph } from '@tychejs/jit';
import type { CompiledProgram, Graph, ProgramNumbers, RunAt } from '@tychejs/jit';
import '../../compiled/register.ts';
import { settle } from '../../params/held.ts';
import type { RandomStream } from '../../random/stream.ts';
import { NoiseInputs } from '../svi/compiled/noiseInputs.ts';
import { NotTraceable } from '../svi/notTraceable.ts';
import type { DrawFunction } from './drawFunction.ts';
import { splitGraph } from './splitGraph.ts';

/** The program's first result; then come those of the draw. */
const IS_VALID = 0;

/** A draw recorded and compiled, to be used in call after call. */
export class DrawProgram {
  /** Computes what is the same in all draws of a call; null if there is nothing. */
  readonly once: CompiledProgram | null;
  /** Makes a draw. After parameters and arguments it takes what {@link once} gives. */
  readonly each: CompiledProgram;
  private readonly graph: Graph;

  /**
   * @param tensors - among the arguments: the program is compared with an eager draw there.
   * @param numOwn - how many of them, the first, each draw has of its own.
   * @throws TraceError when the draw cannot be compiled; NotTraceable when it is no function of its stream.
   */
  constructor(fn: DrawFunction, stream: RandomStream, tensors: readonly Tensor[], numOwn: number) {
    const { inputs, run, params } = fn;
    const graph = traceGraph(run, { inputs });
    refuseStrangers(fn, stream);
    const { once, each } = splitGraph(graph, (input) => input >= params.length && input < params.length + numOwn);
    this.once = once && compileGraph(once, { precision: 'float32' });
    this.each = compileGraph(each, { precision: 'float32', generateNoise: true });
    this.graph = graph;
    const point = [...params.map(({ variable }) => variable), ...tensors].map(numbersOf);
    const replay: RunAt = (values) => this.each.replay(...values, ...(this.once?.run(...values).outputs ?? []));
    compareWithEager(run, { inputs, point }, graph, replay, inDoublePrecision(graph));
  }

  /** Whether `fn` is, recorded anew, what this is a program of. What it is known not to be is not looked at. */
  isOf(fn: DrawFunction, stream: RandomStream): boolean {
    const isSame = sameGraph(traceGraph(fn.run, { inputs: fn.inputs }), this.graph);
    return isSame && strangers(fn, stream) === '';
  }
}

/** A program at work for one call. */
export class Drawing {
  private readonly once: CompiledProgram | null;
  private readonly program: CompiledProgram;
  private readonly params: readonly Variable[];
  private readonly noise: NoiseInputs;

  /** @param fn - as it was recorded last, with the stream `stream`. */
  constructor({ once, each }: DrawProgram, fn: DrawFunction, stream: RandomStream) {
    this.once = once;
    this.program = each;
    this.params = fn.params.map(({ variable }) => variable);
    this.noise = new NoiseInputs(fn.draws, stream, each);
  }

  /**
   * Gives the program its parameters and arguments: before the first draw, and whenever somebody else may have used it.
   *
   * @param tensors - those among the arguments, but for the first, which each draw has of its own.
   * @param numOwn - how many those are; they are to be written by {@link inputView}.
   */
  load(tensors: readonly Tensor[], numOwn: number = 0): void {
    const { once, program, params } = this;
    const write = (input: number, tensor: Tensor): void => {
      const numbers = numbersOf(tensor);
      program.inputView(input).set(numbers);
      once?.inputView(input).set(numbers);
    };
    params.forEach((variable, i) => write(i, variable));
    tensors.forEach((tensor, i) => write(params.length + numOwn + i, tensor));
    if (once === null) return;
    once.execute();
    once.outputs.forEach((_, i) => program.inputView(once.inputs.length + i).set(once.outputView(i)));
  }

  /** Where the program has the numbers of a tensor among the arguments; to be written where draws differ in them. */
  inputView(argument: number): ProgramNumbers {
    return this.program.inputView(this.params.length + argument);
  }

  /** Makes the draw of this stream. @returns whether the distributions' parameters are valid; if not, an eager draw will say more. */
  draw(stream: RandomStream): boolean {
    this.noise.draw(stream);
    this.program.execute();
    return this.program.outputView(IS_VALID)[0] === 1;
  }

  /** The numbers of a tensor among the results, in the program's memory: the next draw overwrites them. */
  outputView(result: number): ProgramNumbers {
    return this.program.outputView(IS_VALID + 1 + result);
  }
}

function numbersOf(tensor: Tensor): tf.TypedArray {
  if (tensor instanceof tf.Variable) settle(tensor);
  return tensor.dataSync();
}

/** The keys of streams that do not come from the draw's own. */
function strangers({ draws }: DrawFunction, stream: RandomStream): string {
  const own = stream.key.join();
  const foreign = draws.filter((draw) => draw.stream.lineage.root.key.join() !== own);
  return foreign.map((draw) => draw.stream.key.join()).join(' ');
}

/** Numbers from elsewhere may be the same in every draw, as under a `seed` of the model's own; but then they have to be. */
function refuseStrangers(fn: DrawFunction, stream: RandomStream): void {
  const before = strangers(fn, stream);
  if (before === '') return;
  traceGraph(fn.run, { inputs: fn.inputs });
  if (strangers(fn, stream) !== before) {
    throw new NotTraceable('random numbers come from outside of the model, such as from a handler around it that samples');
  }
}
