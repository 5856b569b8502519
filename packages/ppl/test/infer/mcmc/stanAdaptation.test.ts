import { adapt, isAdapted, restartStepSize, startAdaptation, type AdaptationState } from '../../../src/infer/mcmc/adaptation.ts';
import { createPoint } from '../../../src/infer/mcmc/logDensity.ts';
import { startDualAveraging, updateDualAveraging } from '../../../src/infer/mcmc/dualAveraging.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const options = {
  dimension: 2,
  numWarmup: 150,
  targetAcceptProb: 0.8,
  adaptation: 'stan',
  massMatrix: 'diagonal',
  inverseMassMatrix: { kind: 'diagonal', values: [1, 1] },
  adaptStepSize: true,
  adaptMassMatrix: true,
} as const;

const at = (position: readonly number[]) => ({ ...createPoint(2), position: Float64Array.from(position) });

function run(state: AdaptationState, iterations: number, stream: RandomStream, positions: number[][] = []): AdaptationState {
  let current = state;
  for (let i = 0; i < iterations; i++) {
    const position = [stream.normal(), 3 * stream.normal()];
    positions.push(position);
    current = adapt(current, at(position), stream.uniform());
  }
  return current;
}

const variance = (xs: readonly number[]) => {
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (xs.length - 1);
};

describe('adaptation as in Stan', () => {
  test('makes a mass matrix from the draws of its window alone', () => {
    const stream = RandomStream.fromSeed(1);
    const positions: number[][] = [];
    const fromDraws = (start: number, end: number) => {
      const n = end - start;
      const spread = (i: number) => variance(positions.slice(start, end).map((q) => q[i]!));
      const values = [0, 1].map((i) => expect.closeTo((n / (n + 5)) * spread(i) + 1e-3 * (5 / (n + 5)), 10));
      return { kind: 'diagonal', values };
    };
    // Windows end at 75, 100, 150, 200.
    let state = run(startAdaptation({ ...options, numWarmup: 200 }, 0.5), 99, stream, positions);
    expect(state.inverseMassMatrix).toEqual(options.inverseMassMatrix);
    state = run(state, 1, stream, positions);
    expect(state.inverseMassMatrix).toEqual(fromDraws(75, 100));
    state = run(state, 50, stream, positions);
    expect(state.inverseMassMatrix).toEqual(fromDraws(100, 150));
    // The last window changes it no more.
    expect(run(state, 50, stream).inverseMassMatrix).toBe(state.inverseMassMatrix);
  });

  test('dense: the whole covariance', () => {
    const identity = { kind: 'dense', values: [1, 0, 0, 1] } as const;
    let state = startAdaptation({ ...options, massMatrix: 'dense', inverseMassMatrix: identity }, 0.5);
    for (let i = 0; i < 100; i++) state = adapt(state, at([i, -2 * i]), 0.8);
    const spread = variance(Array.from({ length: 25 }, (_, i) => i));
    const floor = 1e-3 * (5 / 30);
    const expected = [1, -2, -2, 4].map((x, i) => (25 / 30) * x * spread + (i % 3 === 0 ? floor : 0));
    expect(state.inverseMassMatrix).toEqual({ kind: 'dense', values: expected.map((x) => expect.closeTo(x, 9)) });
  });

  test('tunes the step size in every window, and settles on the average', () => {
    const stream = RandomStream.fromSeed(1);
    let state = run(startAdaptation(options, 0.5), 100, stream);
    state = restartStepSize(state, 0.25);
    expect(state.stepSize).toBe(0.25);
    let reference = startDualAveraging(0.25);
    for (let i = 0; i < 50; i++) {
      const acceptProb = 0.6 + 0.3 * stream.uniform();
      reference = updateDualAveraging(reference, acceptProb, 0.8);
      state = adapt(state, at([0, 0]), acceptProb);
      if (i < 49) expect(state.stepSize).toBe(Math.exp(reference.logStepSize));
    }
    expect(isAdapted(state)).toBe(true);
    expect(state.stepSize).toBe(Math.exp(reference.logMeanStepSize));
  });

  test('after warm-up, nothing changes (P38)', () => {
    const done = run(startAdaptation(options, 0.5), 150, RandomStream.fromSeed(1));
    expect(adapt(done, at([5, 5]), 0.1)).toBe(done);
    const none = startAdaptation({ ...options, numWarmup: 0 }, 0.5);
    expect(isAdapted(none)).toBe(true);
    expect(adapt(none, at([5, 5]), 0.1)).toBe(none);
  });

  test('adapts only what it is asked to', () => {
    const fixedStep = run(startAdaptation({ ...options, adaptStepSize: false }, 0.5), 150, RandomStream.fromSeed(1));
    expect(fixedStep.stepSize).toBe(0.5);
    expect(restartStepSize(fixedStep, 1)).toBe(fixedStep);
    expect(fixedStep.inverseMassMatrix).not.toEqual(options.inverseMassMatrix);
    const fixedMass = run(startAdaptation({ ...options, adaptMassMatrix: false }, 0.5), 150, RandomStream.fromSeed(1));
    expect(fixedMass.inverseMassMatrix).toBe(options.inverseMassMatrix);
    expect(fixedMass.stepSize).not.toBe(0.5);
    const identity = startAdaptation({ ...options, massMatrix: 'identity', inverseMassMatrix: { kind: 'identity' } }, 0.5);
    expect(run(identity, 150, RandomStream.fromSeed(1)).inverseMassMatrix).toEqual({ kind: 'identity' });
  });

  test('is plain data: through JSON at any iteration, the rest is the same bit for bit', () => {
    for (const cut of [0, 10, 74, 75, 99, 100, 149]) {
      const state = run(startAdaptation(options, 0.5), cut, RandomStream.fromSeed(1));
      const copy = JSON.parse(JSON.stringify(state)) as AdaptationState;
      expect(run(copy, 150 - cut, RandomStream.fromSeed(2))).toEqual(run(state, 150 - cut, RandomStream.fromSeed(2)));
    }
  });
});
