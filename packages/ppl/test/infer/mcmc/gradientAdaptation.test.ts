import { adapt, isAdapted, losesStepSize, startAdaptation, type AdaptationState } from '../../../src/infer/mcmc/adaptation.ts';
import { fisherEstimate } from '../../../src/infer/mcmc/fisherEstimate.ts';
import {
  gradientWindowEnds,
  initialFromGradient,
  type GradientAdaptation,
} from '../../../src/infer/mcmc/gradientAdaptation.ts';
import type { EvaluatedPoint } from '../../../src/infer/mcmc/logDensity.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const options = {
  dimension: 2,
  numWarmup: 200,
  targetAcceptProb: 0.8,
  adaptation: 'gradient',
  massMatrix: 'auto',
  inverseMassMatrix: { kind: 'diagonal', values: [1, 1] },
  adaptStepSize: true,
  adaptMassMatrix: true,
} as const;

/** A point of a density whose gradient is no linear function of the position. */
function draw(stream: RandomStream): EvaluatedPoint {
  const position = Float64Array.of(stream.normal(), 3 * stream.normal());
  return { position, gradient: position.map((x, i) => -x / (i === 0 ? 1 : 9) + 0.1 * stream.normal()), logDensity: 0 };
}

function run(state: AdaptationState, iterations: number, stream: RandomStream, points: EvaluatedPoint[] = []): GradientAdaptation {
  let current = state;
  for (let i = 0; i < iterations; i++) {
    const point = draw(stream);
    points.push(point);
    current = adapt(current, point, stream.uniform());
  }
  return current as GradientAdaptation;
}

const estimateOf = (points: readonly EvaluatedPoint[]) =>
  fisherEstimate(points.map(({ position, gradient }) => ({ position: [...position], gradient: [...gradient] })), 'auto', [1, 1]);

describe('gradientWindowEnds', () => {
  test('is the schedule that it is said to be', () => {
    // 10, 15, 22.5, 33.75, ... transitions.
    expect(gradientWindowEnds(1000)).toEqual([10, 25, 48, 82, 133, 209, 323, 494, 900]);
    expect(gradientWindowEnds(200)).toEqual([10, 25, 48, 82, 180]);
    expect(gradientWindowEnds(20)).toEqual([18]);
    expect(gradientWindowEnds(19)).toEqual([]);
    expect(gradientWindowEnds(0)).toEqual([]);
  });

  test('windows grow, and leave the last tenth (P38)', () => {
    for (let numWarmup = 20; numWarmup < 700; numWarmup += 7) {
      const ends = gradientWindowEnds(numWarmup);
      expect(ends.at(-1)).toBe(numWarmup - Math.ceil(numWarmup / 10));
      const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
      for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBeGreaterThan(sizes[i - 1]!);
      if (ends.length > 1) expect(sizes[0]).toBe(10);
    }
  });
});

describe('adaptation by gradients', () => {
  test('estimates from the draws of two windows', () => {
    const stream = RandomStream.fromSeed(1);
    const points: EvaluatedPoint[] = [];
    let state = run(startAdaptation(options, 0.5), 3, stream, points);
    expect(state.inverseMassMatrix).toBe(options.inverseMassMatrix);
    state = run(state, 1, stream, points);
    expect(state.inverseMassMatrix).toEqual(estimateOf(points));
    // At 8 there are twice as many as at 4; at 10 the first window ends, at 20 again there are twice as many.
    for (const [until, from] of [[8, 0], [10, 0], [20, 0], [25, 0], [48, 10], [82, 25], [180, 48]] as const) {
      const before = state.inverseMassMatrix;
      state = run(state, until - 1 - state.iteration, stream, points);
      if (until < 40) expect(state.inverseMassMatrix).toBe(before);
      state = run(state, 1, stream, points);
      expect([until, state.inverseMassMatrix]).toEqual([until, estimateOf(points.slice(from))]);
    }
    // After the last window it changes no more, and nothing is held on to.
    expect(state.visited).toEqual([]);
    const end = run(state, 20, stream);
    expect(end.inverseMassMatrix).toBe(state.inverseMassMatrix);
    expect(isAdapted(end)).toBe(true);
    expect(run(end, 1, stream)).toBe(end);
  });

  test('points that a transition did not move from count once', () => {
    let state: AdaptationState = startAdaptation(options, 0.5);
    const point = draw(RandomStream.fromSeed(2));
    for (let i = 0; i < 9; i++) state = adapt(state, point, 0);
    const { visited, recent } = state as GradientAdaptation;
    expect([...visited, ...recent]).toHaveLength(1);
    expect(state.inverseMassMatrix).toBe(options.inverseMassMatrix);
  });

  test('tunes the step size throughout: towards twice the average in the last tenth, and to settle on its average', () => {
    const stream = RandomStream.fromSeed(3);
    let state = run(startAdaptation(options, 0.5), 179, stream);
    expect(state.dualAveraging?.count).toBe(179);
    state = run(state, 1, stream);
    expect(state.dualAveraging?.count).toBe(0);
    expect(state.dualAveraging?.shrinkagePoint).toBeCloseTo(Math.log(2 * state.stepSize), 12);
    const before = state;
    state = run(state, 20, stream);
    expect(state.stepSize).toBe(Math.exp(state.dualAveraging!.logMeanStepSize));
    expect(losesStepSize(before, state)).toBe(false);
  });

  test('adapts only what it is asked to', () => {
    const stream = RandomStream.fromSeed(4);
    const fixedStep = run(startAdaptation({ ...options, adaptStepSize: false }, 0.5), 200, stream);
    expect(fixedStep.stepSize).toBe(0.5);
    expect(fixedStep.inverseMassMatrix).not.toEqual(options.inverseMassMatrix);
    for (const only of [{ adaptMassMatrix: false }, { massMatrix: 'identity' }] as const) {
      const fixedMass = run(startAdaptation({ ...options, ...only }, 0.5), 200, stream);
      expect(fixedMass.inverseMassMatrix).toBe(options.inverseMassMatrix);
      expect(fixedMass.stepSize).not.toBe(0.5);
      expect(fixedMass.dualAveraging?.count).toBe(200);
    }
    const short = run(startAdaptation({ ...options, numWarmup: 19 }, 0.5), 19, stream);
    expect(short.inverseMassMatrix).toBe(options.inverseMassMatrix);
    expect(isAdapted(startAdaptation({ ...options, numWarmup: 0 }, 0.5))).toBe(true);
  });

  test('holds no more numbers than 32 MB, however many dimensions', () => {
    const dimension = 100_000;
    let state: AdaptationState = startAdaptation({ ...options, dimension, massMatrix: 'diagonal' }, 0.5);
    const stream = RandomStream.fromSeed(5);
    let most = 0;
    for (let i = 0; i < 60; i++) {
      const position = new Float64Array(dimension).fill(stream.normal());
      state = adapt(state, { position, gradient: position, logDensity: 0 }, 0.8);
      const { visited, recent } = state as GradientAdaptation;
      most = Math.max(most, visited.length + recent.length);
    }
    expect(most).toBeGreaterThan(25);
    expect(most).toBeLessThanOrEqual(40);
  });

  test('is plain data: through JSON at any iteration, the rest is the same bit for bit', () => {
    for (const cut of [0, 3, 4, 10, 33, 82, 179, 180, 199]) {
      const state = run(startAdaptation(options, 0.5), cut, RandomStream.fromSeed(6));
      const copy = JSON.parse(JSON.stringify(state)) as AdaptationState;
      expect(run(copy, 200 - cut, RandomStream.fromSeed(7))).toEqual(run(state, 200 - cut, RandomStream.fromSeed(7)));
    }
  });
});

test('initialFromGradient', () => {
  expect(initialFromGradient(Float64Array.of(-4, 0.5, 0, 1e-300))).toEqual({
    kind: 'diagonal', values: [0.25, 2, 1, 1],
  });
});

test('points from the way down to the typical set are left out of the estimate', () => {
  const stream = RandomStream.fromSeed(8);
  const points: EvaluatedPoint[] = [];
  let state = startAdaptation(options, 0.1);
  const far: EvaluatedPoint = { position: Float64Array.of(40, -20), gradient: Float64Array.of(1e30, -1e25), logDensity: -1e30 };
  state = adapt(state, { ...far, position: Float64Array.of(50, -20) }, 0.8);
  state = adapt(state, far, 0.8);
  // The first window ends with ten points, of which eight are good.
  const learnt = run(state, 8, stream, points);
  expect(learnt.inverseMassMatrix).toEqual(estimateOf(points));
});

test('astronomical gradients do not set the first scales', () => {
  expect(initialFromGradient(Float64Array.of(2, 1e30))).toEqual({ kind: 'diagonal', values: [1, 1] });
  expect(initialFromGradient(Float64Array.of(2, 0, 1e6))).toEqual({ kind: 'diagonal', values: [0.5, 1, 1e-6] });
});
