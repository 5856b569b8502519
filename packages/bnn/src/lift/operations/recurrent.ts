/** @file The operations of recurrent cells: products with their input and with their state. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { seededMask } from '../dropout.ts';
import type { Layer } from '../net.ts';
import { separate } from './dense.ts';
import type { Activation, CellOperation, LinearFunction, LinearStep, Perform } from './operation.ts';

/** Fields of tfjs's recurrent cells. */
interface Cell extends Layer {
  readonly units: number;
  /** [inputs, gates units]. */
  readonly kernel: LayerVariable;
  /** [units, gates units]. */
  readonly recurrentKernel: LayerVariable;
  /** [gates units]. */
  readonly bias: LayerVariable | null;
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
  readonly dropout: number;
  readonly recurrentDropout: number;
}

const ROWS = { input: -1, output: -1 };

/** `x` times the kernel, and the bias. */
const inputStep = ({ kernel, bias }: Cell): LinearStep => ({ suffix: 'kernel', kernel, bias, linear: separate, channelAxes: ROWS });

/** `h` times those columns of the recurrent kernel that begin at `start`. */
function stateStep({ recurrentKernel }: Cell, start: number, columns: number): LinearStep {
  const linear: LinearFunction = (h, kernel) =>
    separate(h, kernel.shape[1] === columns ? kernel : tf.slice(kernel, [0, start], [-1, columns]), null);
  return { suffix: 'recurrentKernel', kernel: recurrentKernel, bias: null, linear, channelAxes: ROWS };
}

/** The bias, as the kernel of an input that is always one: for a cell that adds it last. */
function biasStep(bias: LayerVariable): LinearStep {
  return { suffix: 'bias', kernel: bias, bias: null, linear: (ones, each) => tf.mul(ones, each), channelAxes: ROWS };
}

/** The input and the state of a cell, less what it drops in training: the same at all steps in time. */
function dropped(cell: Cell, name: string, input: Tensor, state: Tensor): [x: Tensor, h: Tensor] {
  return [
    tf.mul(input, seededMask(cell, name, 'dropoutMask', cell.dropout, input.shape)),
    tf.mul(state, seededMask(cell, name, 'recurrentDropoutMask', cell.recurrentDropout, state.shape)),
  ];
}

/** Elman's: h' = f(x W + b + h U). */
function simpleStep(cell: Cell, perform: Perform, x: Tensor, h: Tensor): Tensor[] {
  const output = cell.activation.apply(tf.add(perform(inputStep(cell), x), perform(stateStep(cell, 0, cell.units), h)));
  return [output, output];
}

/** Cho et al. (2014); gates are update and reset, and then the candidate, as tfjs orders them. */
function gruStep(cell: Cell, perform: Perform, x: Tensor, h: Tensor): Tensor[] {
  const { units, activation, recurrentActivation } = cell;
  const [xUpdate, xReset, xCandidate] = tf.split(perform(inputStep(cell), x), 3, -1) as [Tensor, Tensor, Tensor];
  const [hUpdate, hReset] = tf.split(perform(stateStep(cell, 0, 2 * units), h), 2, -1) as [Tensor, Tensor];
  const update = recurrentActivation.apply(tf.add(xUpdate, hUpdate));
  const reset = recurrentActivation.apply(tf.add(xReset, hReset));
  const candidate = activation.apply(tf.add(xCandidate, perform(stateStep(cell, 2 * units, units), tf.mul(reset, h))));
  const output = tf.add(tf.mul(update, h), tf.mul(tf.add(1, tf.neg(update)), candidate));
  return [output, output];
}

/** Hochreiter and Schmidhuber (1997); gates are input, forget, carry and output. */
function lstmStep(cell: Cell, perform: Perform, x: Tensor, h: Tensor, carry: Tensor): Tensor[] {
  const { units, bias, activation, recurrentActivation } = cell;
  const product = tf.add(perform({ ...inputStep(cell), bias: null }, x), perform(stateStep(cell, 0, 4 * units), h));
  const sum = bias === null ? product : tf.add(product, perform(biasStep(bias), tf.ones([x.shape[0] ?? 1, 1])));
  const [input, forget, candidate, output] = tf.split(sum, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = tf.add(tf.mul(recurrentActivation.apply(forget), carry), tf.mul(recurrentActivation.apply(input), activation.apply(candidate)));
  const state = tf.mul(recurrentActivation.apply(output), activation.apply(next));
  return [state, state, next];
}

type Step = (cell: Cell, perform: Perform, x: Tensor, h: Tensor, carry: Tensor) => Tensor[];

function cellOperation(operation: string, className: string, step: Step): CellOperation {
  return {
    operation,
    className,
    call: (layer, perform, name) => {
      const cell = layer as Cell;
      return (inputs, kwargs) => {
        const [input, state, carry] = inputs as Tensor2D[];
        if (input === undefined || state === undefined) throw new Error(`cell "${name}" was called without an input or without a state`);
        const [x, h] = kwargs['training'] === true ? dropped(cell, name, input, state) : [input, state];
        return step(cell, perform, x, h, carry ?? state);
      };
    },
  };
}

/** Each multiplies the kernel with its input, and the recurrent kernel with its state, at each step in time. */
export const CELL_OPERATIONS: readonly CellOperation[] = [
  cellOperation('simpleRNN', 'SimpleRNNCell', simpleStep),
  cellOperation('gru', 'GRUCell', gruStep),
  cellOperation('lstm', 'LSTMCell', lstmStep),
];
