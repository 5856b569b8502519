/** @file One chain: where it stands, and its next transition. */
import { RandomStream, type StreamState } from '../../random/stream.ts';
import { inForm, type LowRankMassMatrix } from '../pathfinder/lowRankForm.ts';
import { adapt, isAdapted, losesStepSize, restartStepSize, startAdaptation, type AdaptationState } from './adaptation.ts';
import { initialFromGradient } from './gradientAdaptation.ts';
import { findInitialPoint } from './initialPoint.ts';
import type { InitialDraws } from './initStrategy.ts';
import type { TransitionInfo, TransitionKernel, Tuning } from './kernel.ts';
import { initialInverseMassMatrix, type KernelSettings, type McmcKernel } from './kernelOptions.ts';
import { createPoint, type EvaluatedPoint, type LogDensity } from './logDensity.ts';
import { createMetric, type InverseMassMatrix } from './metric.ts';
import { findReasonableStepSize } from './stepSize.ts';
import type { Target } from './target.ts';

/** All that decides how a chain goes on, as plain data for JSON: {@link Chain.resume} continues bit for bit. */
export interface ChainState {
  /** Transitions made so far, those of warm-up included. */
  readonly iteration: number;
  readonly numWarmup: number;
  /** In unconstrained space. */
  readonly position: readonly number[];
  readonly stream: StreamState;
  readonly adaptation: AdaptationState;
}

export class Chain {
  readonly numWarmup: number;
  private readonly density: LogDensity;
  private readonly kernel: TransitionKernel;
  private readonly stream: RandomStream;
  private point: EvaluatedPoint;
  /** Where the next transition is written; the two points take turns. */
  private spare: EvaluatedPoint;
  private adaptation: AdaptationState;
  private tuning: Tuning;
  private transitions: number;

  private constructor(
    density: LogDensity,
    kernel: TransitionKernel,
    stream: RandomStream,
    point: EvaluatedPoint,
    adaptation: AdaptationState,
    numWarmup: number,
    iteration: number,
  ) {
    this.density = density;
    this.kernel = kernel;
    this.stream = stream;
    this.point = point;
    this.spare = createPoint(density.dimension);
    this.adaptation = adaptation;
    this.numWarmup = numWarmup;
    this.transitions = iteration;
    this.tuning = {
      stepSize: adaptation.stepSize,
      metric: createMetric(density.dimension, adaptation.inverseMassMatrix),
    };
  }

  /**
   * A new chain: finds an initial point and a reasonable step size.
   *
   * @param stream - every random number of the chain; the chain's own from now on.
   * @throws InitialPointError when there is nowhere to begin; Error when no step size is reasonable.
   */
  static start(
    kernel: McmcKernel,
    target: Pick<Target, 'density' | 'describeCoordinate' | 'explain'>,
    { draw, maxTries, inverseMassMatrix: known }: InitialDraws,
    numWarmup: number,
    stream: RandomStream,
  ): Chain {
    const { density } = target;
    const { dimension } = density;
    const { settings } = kernel;
    const point = findInitialPoint(
      density, draw, stream, (i) => target.describeCoordinate(i), maxTries, (q) => target.explain?.(q) ?? null,
    );
    const inverseMassMatrix = firstInverseMassMatrix(settings, point, numWarmup, known);
    const willAdapt = settings.adaptStepSize && numWarmup > 0;
    let stepSize = settings.stepSize ?? 1;
    if (willAdapt || settings.stepSize === undefined) {
      const metric = createMetric(dimension, inverseMassMatrix);
      stepSize = findReasonableStepSize(density, point, { stepSize, metric }, stream);
    }
    const adaptation = startAdaptation({ ...settings, dimension, numWarmup, inverseMassMatrix }, stepSize);
    return new Chain(density, kernel.bind(density), stream, point, adaptation, numWarmup, 0);
  }

  /**
   * The chain that goes on exactly where `state` was taken, given the same kernel and density.
   *
   * @throws RangeError when the density has another dimension.
   */
  static resume(kernel: McmcKernel, density: LogDensity, state: ChainState): Chain {
    if (state.position.length !== density.dimension) {
      throw new RangeError(
        `cannot resume a chain of ${state.position.length} dimensions: the log density has ${density.dimension}`,
      );
    }
    const transitions = kernel.bind(density);
    const point = transitions.init(state.position);
    const stream = RandomStream.fromState(state.stream);
    return new Chain(density, transitions, stream, point, state.adaptation, state.numWarmup, state.iteration);
  }

  /** Where this chain stands now. */
  get state(): ChainState {
    return {
      iteration: this.transitions,
      numWarmup: this.numWarmup,
      position: Array.from(this.point.position),
      stream: this.stream.state,
      adaptation: this.adaptation,
    };
  }

  /** Where this chain stands now: good until the next but one transition overwrites it. */
  get current(): EvaluatedPoint {
    return this.point;
  }

  /** Transitions made so far, those of warm-up included. */
  get iteration(): number {
    return this.transitions;
  }

  /** The step size of the next transition. */
  get stepSize(): number {
    return this.tuning.stepSize;
  }

  /** Makes the next transition, and learns from it during warm-up. */
  step(): TransitionInfo {
    const next = this.spare;
    const info = this.kernel.step(this.point, this.tuning, this.stream, next);
    this.spare = this.point;
    this.point = next;
    this.transitions++;
    if (!isAdapted(this.adaptation)) this.learn(info.acceptProb);
    return info;
  }

  private learn(acceptProb: number): void {
    const { point, adaptation: before } = this;
    let after = adapt(before, point, acceptProb);
    let { metric } = this.tuning;
    if (after.inverseMassMatrix !== before.inverseMassMatrix) {
      metric = createMetric(this.density.dimension, after.inverseMassMatrix);
    }
    if (losesStepSize(before, after)) {
      const { stepSize } = after;
      after = restartStepSize(after, findReasonableStepSize(this.density, point, { stepSize, metric }, this.stream));
    }
    this.adaptation = after;
    this.tuning = { stepSize: after.stepSize, metric };
  }
}

/** M⁻¹ before any adaptation: as it was given, else as it is known, else what the gradient suggests, where it is adapted. */
function firstInverseMassMatrix(
  settings: KernelSettings,
  { gradient }: EvaluatedPoint,
  numWarmup: number,
  known: LowRankMassMatrix | undefined,
): InverseMassMatrix {
  const { adaptation, adaptMassMatrix, massMatrix, inverseMassMatrix: given } = settings;
  if (given === undefined && adaptMassMatrix && massMatrix !== 'identity') {
    if (known !== undefined) return inForm(known, massMatrix === 'auto' && adaptation === 'stan' ? 'diagonal' : massMatrix);
    if (adaptation === 'gradient' && numWarmup > 0) return initialFromGradient(gradient);
  }
  return initialInverseMassMatrix(settings, gradient.length);
}
