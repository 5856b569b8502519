/** @file What a compiled step does with its gradients: the optimiser's update in the program, or after it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { CompiledProgram } from '@tychejs/jit';
import type { FusedUpdate, Optimizer, ParameterGradient } from '../../../optim/optimizer.ts';
import type { RandomStream } from '../../../random/stream.ts';
import type { StepParam } from './paramCensus.ts';

/** The part of a step that comes after the gradients. */
export interface StepUpdate {
  /** Shapes of the inputs that it adds to the program. */
  readonly inputShapes: readonly (readonly number[])[];
  /** For each result of {@link record}, the input whose place it takes, or null. */
  readonly carry: readonly (number | null)[];
  /**
   * Records what the program is to do.
   *
   * @param isFinite - whether loss and gradients are numbers.
   * @param values - of the trained parameters.
   * @param own - the inputs of {@link inputShapes}.
   * @param stream - what the step that is recorded draws its update from, if that is random.
   */
  record(isFinite: Tensor, values: readonly Tensor[], gradients: readonly Tensor[], own: readonly Tensor[], stream: RandomStream): Tensor[];
  /** Sees to it that the program has what the coming run needs. @param moves - whether the run is a step, or only looks. */
  prepare(program: CompiledProgram, moves: boolean): void;
  /** Ends a step whose loss and gradients were numbers. @param stream - what its update draws from. */
  finish(program: CompiledProgram, stream: RandomStream): void;
}

/** Where inputs and results of the update begin in the program, and which inputs the trained parameters are. */
export interface UpdatePlaces {
  readonly params: readonly (StepParam & { readonly input: number })[];
  readonly firstInput: number;
  readonly firstOutput: number;
}

/** The optimiser refuses the parameters, as with settings that are wrong for one of them: no reason to take steps eagerly. */
export class OptimizerRefusal extends Error {
  override readonly name: string = 'OptimizerRefusal';

  /** @param cause - what it threw. */
  constructor(cause: unknown) {
    super('the optimiser refuses the parameters', { cause });
  }
}

/** The update for this optimiser: in the program, unless the optimiser knows only steps of its own. */
export function updateBy(optimizer: Optimizer, places: UpdatePlaces): StepUpdate {
  return optimizer.fuse === undefined ? new UpdateAfter(optimizer, places) : new UpdateInside(optimizer, places);
}

/** The program moves the parameters itself, and keeps the optimiser's moments in its memory. */
class UpdateInside implements StepUpdate {
  readonly inputShapes: readonly (readonly number[])[];
  readonly carry: readonly (number | null)[];
  private readonly optimizer: Optimizer;
  private readonly places: UpdatePlaces;
  private readonly momentShapes: readonly (readonly (readonly number[])[])[];
  /** Whether to move at all, and then what the optimiser wants. */
  private readonly scalars: Float64Array;
  private fused: FusedUpdate | null = null;
  private program: CompiledProgram | null = null;

  constructor(optimizer: Optimizer, places: UpdatePlaces) {
    this.optimizer = optimizer;
    this.places = places;
    const fused = this.fuseFirst();
    this.momentShapes = fused.moments.map((moments, i) => moments.map(() => places.params[i]?.variable.shape ?? []));
    this.scalars = new Float64Array(1 + fused.numScalars);
    this.inputShapes = [...this.momentShapes.flat(), [this.scalars.length]];
    let next = places.firstInput;
    this.carry = places.params.flatMap(({ input }, i) => [input, ...(this.momentShapes[i] ?? []).map(() => next++)]);
  }

  record(isFinite: Tensor, values: readonly Tensor[], gradients: readonly Tensor[], own: readonly Tensor[], stream: RandomStream): Tensor[] {
    const scalars = own.at(-1) as Tensor;
    const moves = tf.logicalAnd(isFinite, tf.greater(tf.reshape(tf.slice(scalars, [0], [1]), []), 0));
    let next = 0;
    const parameters = values.map((value, i) => {
      const moments = (this.momentShapes[i] ?? []).map(() => own[next++] as Tensor);
      return { value, gradient: gradients[i] as Tensor, moments };
    });
    const updates = this.inForce.next(parameters, tf.slice(scalars, [1], [this.scalars.length - 1]), stream);
    return updates.flatMap((update, i) => {
      const before = parameters[i];
      const after = [update.value, ...update.moments];
      return [before?.value, ...(before?.moments ?? [])].map((old, j) => tf.where(moves, after[j] as Tensor, old as Tensor));
    });
  }

  prepare(program: CompiledProgram, moves: boolean): void {
    const fused = this.inForce;
    if (this.program === null) {
      this.program = program;
      this.eachMoment(fused, (moment, input) => program.inputView(input).set(moment));
    }
    this.scalars[0] = moves ? 1 : 0;
    fused.scalars(this.scalars.subarray(1));
    program.inputView(this.places.firstInput + this.inputShapes.length - 1).set(this.scalars);
  }

  finish(): void {
    this.inForce.advance();
  }

  private get inForce(): FusedUpdate {
    return this.fused ?? this.fuse();
  }

  private fuseFirst(): FusedUpdate {
    try {
      return this.fuse();
    } catch (cause) {
      throw new OptimizerRefusal(cause);
    }
  }

  private fuse(): FusedUpdate {
    const parameters = this.places.params.map(({ name, variable }) => ({ name, variable, size: variable.size }));
    const fused = this.optimizer.fuse?.(parameters, () => this.giveBack());
    if (fused === undefined) throw new Error('the optimiser does not fuse its updates any more');
    this.fused = fused;
    return fused;
  }

  /** The optimiser wants its moments back. */
  private giveBack(): void {
    const { fused, program } = this;
    this.fused = null;
    this.program = null;
    if (fused === null || program === null) return;
    this.eachMoment(fused, (moment, input) => moment.set(program.inputView(input)));
  }

  private eachMoment({ moments }: FusedUpdate, visit: (moment: Float32Array, input: number) => void): void {
    moments.flat().forEach((moment, i) => visit(moment, this.places.firstInput + i));
  }
}

/** The program gives gradients, and the optimiser steps on the parameters in the program's memory. */
class UpdateAfter implements StepUpdate {
  readonly inputShapes: readonly (readonly number[])[] = [];
  readonly carry: readonly null[];
  private readonly optimizer: Optimizer;
  private readonly places: UpdatePlaces;

  constructor(optimizer: Optimizer, places: UpdatePlaces) {
    this.optimizer = optimizer;
    this.places = places;
    this.carry = places.params.map(() => null);
  }

  record(_isFinite: Tensor, _values: readonly Tensor[], gradients: readonly Tensor[]): Tensor[] {
    return [...gradients];
  }

  prepare(): void {
    // All that the program needs are the parameters.
  }

  finish(program: CompiledProgram, stream: RandomStream): void {
    const { params, firstOutput } = this.places;
    this.optimizer.step(
      params.map(({ name, variable, input }, i): ParameterGradient => {
        const [value, gradient] = [program.inputView(input), program.outputView(firstOutput + i)] as [Float32Array, Float32Array];
        return { name, variable, value, gradient };
      }),
      1,
      stream,
    );
  }
}
