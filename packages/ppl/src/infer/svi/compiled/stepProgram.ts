/** @file A compiled step: a program that keeps parameters in its memory. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { compileSync } from '@tychejs/jit';
import type { CompiledProgram } from '@tychejs/jit';
import '../../../compiled/register.ts';
import type { Optimizer, ParameterGradient } from '../../../optim/optimizer.ts';
import type { Holder } from '../../../params/held.ts';
import { hold, letGo } from '../../../params/held.ts';
import type { RandomStream } from '../../../random/stream.ts';
import type { Objective, StepContext } from '../sviStep.ts';
import { NoiseInputs } from './noiseInputs.ts';
import type { StepParam } from './paramCensus.ts';
import { StepFunction } from './stepTrace.ts';

export class StepProgram implements Holder {
  readonly compiled: CompiledProgram;
  private readonly params: readonly StepParam[];
  private readonly trained: readonly ParameterGradient[];
  private readonly noise: NoiseInputs;
  private readonly loss: Float32Array;
  /** The tensors whose numbers the program has. */
  private readonly loaded: (Tensor | null)[];
  private holds = false;

  constructor(compiled: CompiledProgram, params: readonly StepParam[], noise: NoiseInputs, numTensors: number) {
    this.compiled = compiled;
    this.params = params;
    this.noise = noise;
    this.loss = compiled.outputView(0) as Float32Array;
    this.loaded = Array.from({ length: numTensors }, () => null);
    this.trained = params.flatMap(({ name, variable, isTrained }, i) => {
      if (!isTrained) return [];
      const [value, gradient] = [compiled.inputView(i), compiled.gradientView(i)] as [Float32Array, Float32Array];
      return [{ name, variable, value, gradient }];
    });
  }

  static compile<A extends unknown[]>(
    objective: Objective<A>,
    context: StepContext,
    args: A,
    tensors: readonly Tensor[],
    params: readonly StepParam[],
  ): StepProgram {
    const fn = new StepFunction(objective, context, args, tensors, params);
    const point = [...params.map(({ variable }) => variable), ...tensors].map((tensor) => tensor.dataSync());
    const compiled = compileSync(fn.loss, { inputs: fn.inputs, precision: 'float32', valueAndGrad: true, point });
    const target = (i: number): Float32Array => compiled.inputView(fn.inputs.length + i) as Float32Array;
    const noise = new NoiseInputs(fn.draws, context.stream, target, { words: new Uint32Array(0), placeOf: () => null });
    return new StepProgram(compiled, params, noise, tensors.length);
  }

  get isStale(): boolean {
    return this.params.some(({ variable }) => variable.isDisposed);
  }

  /** null: not finite, and nothing has moved. */
  step(optimizer: Optimizer, stream: RandomStream, tensors: readonly Tensor[]): number | null {
    const loss = this.evaluate(stream, tensors);
    if (!Number.isFinite(loss) || !this.trained.every(({ gradient }) => gradient.every(Number.isFinite))) return null;
    optimizer.step(this.trained);
    return loss;
  }

  evaluate(stream: RandomStream, tensors: readonly Tensor[]): number {
    if (!this.holds) this.take();
    this.load(tensors);
    this.noise.draw(stream);
    this.compiled.execute();
    return this.loss[0] as number;
  }

  giveBack(): void {
    if (!this.holds) return;
    this.holds = false;
    letGo(this.params.map(({ variable }) => variable));
    for (const { variable, value } of this.trained) {
      const next = tf.tensor(Float32Array.from(value), (variable as tf.Variable).shape);
      (variable as tf.Variable).assign(next);
      next.dispose();
    }
  }

  private take(): void {
    const variables = this.params.map(({ variable }) => variable);
    hold(variables, this);
    variables.forEach((variable, i) => this.compiled.inputView(i).set(variable.dataSync()));
    this.holds = true;
  }

  private load(tensors: readonly Tensor[]): void {
    tensors.forEach((tensor, i) => {
      if (this.loaded[i] === tensor) return;
      this.compiled.inputView(this.params.length + i).set(tensor.dataSync());
      // Variables may change.
      this.loaded[i] = tensor instanceof tf.Variable ? null : tensor;
    });
  }
}
