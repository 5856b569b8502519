import { startDualAveraging, updateDualAveraging } from '../../../src/infer/mcmc/dualAveraging.ts';
import { RandomStream } from '../../../src/random/stream.ts';

/** The recursions of Hoffman and Gelman (2014), algorithm 5, written as sums over the whole history. */
function byDefinition(first: number, acceptProbs: readonly number[], target: number): { log: number; mean: number } {
  const mu = Math.log(10 * first);
  const t0 = 10;
  const logs = acceptProbs.map((_, i) => {
    // H̄ₜ = (1 - 1/(t + t₀)) H̄ₜ₋₁ + (δ - αₜ)/(t + t₀) telescopes to a sum with equal weights 1/(t + t₀).
    const t = i + 1;
    const sum = acceptProbs.slice(0, t).reduce((total, a) => total + (target - a), 0);
    return mu - (Math.sqrt(t) / 0.05) * (sum / (t + t0));
  });
  // log ε̄ₜ is a weighted mean of all log ε.
  let mean = 0;
  for (const [i, log] of logs.entries()) mean += (i + 1) ** -0.75 * (log - mean);
  return { log: logs.at(-1)!, mean };
}

describe('dual averaging', () => {
  test('is algorithm 5 of Hoffman and Gelman', () => {
    const stream = RandomStream.fromSeed(1);
    const acceptProbs = Array.from({ length: 50 }, () => stream.uniform());
    let state = startDualAveraging(0.3);
    expect(Math.exp(state.logStepSize)).toBeCloseTo(0.3, 15);
    for (const [i, acceptProb] of acceptProbs.entries()) {
      state = updateDualAveraging(state, acceptProb, 0.8);
      const expected = byDefinition(0.3, acceptProbs.slice(0, i + 1), 0.8);
      expect(state.logStepSize).toBeCloseTo(expected.log, 10);
      expect(state.logMeanStepSize).toBeCloseTo(expected.mean, 10);
      expect(state.count).toBe(i + 1);
    }
  });

  test.each([0.6, 0.8, 0.95])('finds the step size whose mean acceptance is %p, from far away, through noise', (target) => {
    const acceptance = (stepSize: number) => 1 / (1 + stepSize ** 2);
    const wanted = Math.sqrt(1 / target - 1);
    for (const first of [1e-3, 100]) {
      const stream = RandomStream.fromSeed(2);
      let state = startDualAveraging(first);
      for (let i = 0; i < 5000; i++) {
        const noisy = acceptance(Math.exp(state.logStepSize)) + 0.05 * stream.normal();
        state = updateDualAveraging(state, noisy, target);
      }
      expect(Math.abs(state.logMeanStepSize - Math.log(wanted))).toBeLessThan(0.05);
    }
  });
});
