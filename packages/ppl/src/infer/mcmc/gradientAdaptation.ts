/** @file Warm-up from draws and gradients: a mass matrix from the first few draws on, then better and better ones. */
import { produce } from 'immer';
import type { AdaptationOptions } from './adaptation.ts';
import { startDualAveraging, tuneStepSize, type DualAveragingState } from './dualAveraging.ts';
import { fisherEstimate, type EstimateForm, type Visited } from './fisherEstimate.ts';
import type { EvaluatedPoint } from './logDensity.ts';
import type { InverseMassMatrix } from './metric.ts';

/** A point visited, and how dense the posterior is there. */
interface Remembered extends Visited {
  readonly logDensity: number;
}

/** Plain data, never changed in place; after the last transition of warm-up it stays as it is for good. */
export interface GradientAdaptation {
  readonly scheme: 'gradient';
  /** Transitions learnt from. */
  readonly iteration: number;
  readonly numWarmup: number;
  /** Iterations at which windows end; the rest of warm-up, after the last of them, is for the step size alone. */
  readonly windowEnds: readonly number[];
  /** Index of the window that `iteration` lies in. */
  readonly window: number;
  readonly targetAcceptProb: number;
  /** The step size of the next transition. */
  readonly stepSize: number;
  /** M⁻¹ of the next transition. */
  readonly inverseMassMatrix: InverseMassMatrix;
  /** Null when the step size is not adapted. */
  readonly dualAveraging: DualAveragingState | null;
  /** Null when the mass matrix is not adapted. */
  readonly form: EstimateForm | null;
  /** What the next estimate is made of: the points visited in this window and in the one before. */
  readonly visited: readonly Remembered[];
  /** The last few of them, which follow in `visited` later: so that it need not be copied for each. */
  readonly recent: readonly Remembered[];
  /** How many of them belong to the window before. */
  readonly numBefore: number;
  /** The next estimate comes with so many of them, or when the window ends. */
  readonly nextEstimate: number;
}

const FEWEST_FOR_METRIC = 20; // transitions of warm-up, as in Stan
const FIRST_WINDOW = 10;
const GROWTH = 1.5;
const FINAL_SHARE = 0.1;
const FEWEST_FOR_ESTIMATE = 4;
/** Once there are so many from the window before, estimates wait for the end of the window. */
const ENOUGH_TO_WAIT = 50;
const MOST_RECENT = 32;
/** In units of one over the parameters'. */
const WILD_GRADIENT = 1e10;
/** Windows end early rather than hold more numbers than this, which are 32 MB. */
const MAX_NUMBERS = 4e6;

/**
 * Where the windows of `numWarmup` transitions end: after 10, and then each half as long again as the one before, the
 * last stretched to where the final tenth begins. Below 20 there are none.
 */
export function gradientWindowEnds(numWarmup: number): number[] {
  if (numWarmup < FEWEST_FOR_METRIC) return [];
  const last = numWarmup - Math.ceil(FINAL_SHARE * numWarmup);
  const ends: number[] = [];
  let end = 0;
  let size = FIRST_WINDOW;
  while (end < last) {
    end += Math.round(size);
    size *= GROWTH;
    if (end + size > last) end = last;
    ends.push(end);
  }
  return ends;
}

/** Warm-up before its first transition, with step size `stepSize`. */
export function startGradientAdaptation(options: AdaptationOptions, stepSize: number): GradientAdaptation {
  const { massMatrix, numWarmup } = options;
  const form = options.adaptMassMatrix && massMatrix !== 'identity' ? massMatrix : null;
  return {
    scheme: 'gradient',
    iteration: 0,
    numWarmup,
    windowEnds: form === null ? [] : gradientWindowEnds(numWarmup),
    window: 0,
    targetAcceptProb: options.targetAcceptProb,
    stepSize,
    inverseMassMatrix: options.inverseMassMatrix,
    dualAveraging: options.adaptStepSize ? startDualAveraging(stepSize) : null,
    form,
    visited: [],
    recent: [],
    numBefore: 0,
    nextEstimate: FEWEST_FOR_ESTIMATE,
  };
}

/**
 * The mass matrix before the first draw: M⁻¹_ii = 1/|∂log p/∂q_i|, which is right to a factor of (q - mean)/sd. Where the chain
 * begins so far out that a gradient is astronomical, as in a recursion that explodes, gradients say nothing of scales: there
 * it is the identity.
 */
export function initialFromGradient(gradient: Float64Array): InverseMassMatrix {
  const isWild = gradient.some((slope) => Math.abs(slope) > WILD_GRADIENT);
  const values = Array.from(gradient, (slope) => (isWild || Math.abs(slope) < 1 / WILD_GRADIENT ? 1 : 1 / Math.abs(slope)));
  return { kind: 'diagonal', values };
}

/** Whether there is nothing more to adapt. */
export function gradientIsAdapted(state: GradientAdaptation): boolean {
  return state.iteration >= state.numWarmup;
}

/**
 * Learns from a transition of warm-up: that it led to `point`, with acceptance statistic `acceptProb`.
 *
 * Estimates come when few points have become twice as many, and at the end of a window, where those of the window before are
 * forgotten: early ones, from before the typical set, are soon of no account. The step size is tuned throughout; since
 * steps are measured in the metric's own scale, a new metric needs no new search.
 *
 * Source, for the two windows of which one is in waiting: nutpie (github.com/pymc-devs/nutpie); see `fisherEstimate`.
 */
export function adaptByGradients(
  state: GradientAdaptation,
  point: EvaluatedPoint,
  acceptProb: number,
): GradientAdaptation {
  if (gradientIsAdapted(state)) return state;
  let learnt = tuneStepSize(state, acceptProb);
  const end = state.windowEnds[state.window];
  if (end !== undefined) {
    learnt = visit(learnt, point);
    const mostNew = Math.max(FIRST_WINDOW, Math.floor(MAX_NUMBERS / (2 * point.position.length)));
    const numVisited = learnt.visited.length + learnt.recent.length;
    const isFull = numVisited - learnt.numBefore >= mostNew;
    const closes = learnt.iteration === end;
    const hasDoubled = numVisited >= learnt.nextEstimate && learnt.numBefore < ENOUGH_TO_WAIT;
    if (closes || isFull || hasDoubled) learnt = estimate(gathered(learnt));
    if (closes || isFull) learnt = closeWindow(learnt);
  }
  return gradientIsAdapted(learnt) ? settle(learnt) : learnt;
}

/** Keeps `point`, unless the transition was rejected: a point counted twice would make the variances too small. */
function visit(state: GradientAdaptation, point: EvaluatedPoint): GradientAdaptation {
  const { visited, recent, form } = state;
  const last = recent.at(-1) ?? visited.at(-1);
  if (form === null || last?.position.every((x, i) => x === point.position[i])) return state;
  const { position, gradient, logDensity } = point;
  const here = { position: Array.from(position), gradient: Array.from(gradient), logDensity };
  const room = recent.length < MOST_RECENT ? state : gathered(state);
  return { ...room, recent: [...room.recent, here] };
}

/** All points in one array. */
function gathered(state: GradientAdaptation): GradientAdaptation {
  return { ...state, visited: [...state.visited, ...state.recent], recent: [] };
}

function estimate(state: GradientAdaptation): GradientAdaptation {
  const { visited, form, inverseMassMatrix } = state;
  if (form === null) return state;
  const settled = withoutDescent(visited);
  if (settled.length < FEWEST_FOR_ESTIMATE) return state;
  // A metric that fits a minor mode too well keeps the chain there: correlations wait until it has had time to leave, unless it
  // begins with some.
  const isLast = state.window >= state.windowEnds.length - 1;
  const withCorrelations = form !== 'auto' || isLast || inverseMassMatrix.kind === 'lowRank';
  return {
    ...state,
    inverseMassMatrix: fisherEstimate(settled, withCorrelations ? form : 'diagonal', diagonalOf(inverseMassMatrix, visited[0]?.position.length ?? 0)),
    nextEstimate: 2 * visited.length,
  };
}

/**
 * The points that are not from the way down to the typical set, where gradients may be greater by orders of magnitude. In n
 * dimensions log densities of draws lie some n/2 ± √(n/2) below the mode if the posterior is normal, and not many times that if
 * it is not.
 */
function withoutDescent(visited: readonly Remembered[]): readonly Remembered[] {
  const dimension = visited[0]?.position.length ?? 0;
  const highest = visited.reduce((most, { logDensity }) => Math.max(most, logDensity), -Infinity);
  return visited.filter(({ logDensity }) => highest - logDensity < 20 + dimension + 10 * Math.sqrt(dimension));
}

/** Forgets the points of the window before. After the last window, of all; dual averaging then begins anew. */
function closeWindow(state: GradientAdaptation): GradientAdaptation {
  const window = state.windowEnds[state.window] === state.iteration ? state.window + 1 : state.window;
  if (window < state.windowEnds.length) {
    const visited = state.visited.slice(state.numBefore);
    const numBefore = visited.length;
    return { ...state, window, visited, numBefore, nextEstimate: Math.max(FEWEST_FOR_ESTIMATE, 2 * numBefore) };
  }
  return restartStepSize({ ...state, window, visited: [], numBefore: 0, nextEstimate: FEWEST_FOR_ESTIMATE });
}

/** The step size is nearly right: shrink towards twice as much, not ten times. */
const restartStepSize: (state: GradientAdaptation) => GradientAdaptation = produce((draft) => {
  if (draft.dualAveraging === null) return;
  draft.stepSize = Math.exp(draft.dualAveraging.logMeanStepSize);
  draft.dualAveraging = { ...startDualAveraging(draft.stepSize), shrinkagePoint: Math.log(2 * draft.stepSize) };
});

/** The end of warm-up: the averaged step size. */
const settle: (state: GradientAdaptation) => GradientAdaptation = produce((draft) => {
  if (draft.dualAveraging) draft.stepSize = Math.exp(draft.dualAveraging.logMeanStepSize);
});

function diagonalOf(inverse: InverseMassMatrix, dimension: number): number[] {
  switch (inverse.kind) {
    case 'diagonal':
      return [...inverse.values];
    case 'dense':
      return Array.from({ length: dimension }, (_, i) => inverse.values[i * (dimension + 1)] ?? 1);
    case 'lowRank':
      return inverse.scale.map((scale) => scale * scale);
    case 'identity':
      return Array.from({ length: dimension }, () => 1);
  }
}
