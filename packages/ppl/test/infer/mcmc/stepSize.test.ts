import { evaluateAt } from '../../../src/infer/mcmc/logDensity.ts';
import { createMetric } from '../../../src/infer/mcmc/metric.ts';
import { findReasonableStepSize } from '../../../src/infer/mcmc/stepSize.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { density, gaussian, standardNormal } from './densities.ts';

const metric = createMetric(1, { kind: 'identity' });
const find = (target = standardNormal(1), stepSize = 1, q = 0) =>
  findReasonableStepSize(target, evaluateAt(target, [q]), { stepSize, metric }, RandomStream.fromSeed(1));

describe('findReasonableStepSize', () => {
  test('comes near the scale of the density, from wherever it begins, by powers of two', () => {
    for (const scale of [1e-4, 1, 1e4]) {
      for (const first of [1e-6, 1, 37, 1e6]) {
        const found = find(gaussian([[1 / scale ** 2]]), first, 0.3 * scale);
        expect(found / scale).toBeGreaterThan(0.05);
        // Each try has a fresh momentum; a lucky one passes a step of several scales.
        expect(found / scale).toBeLessThan(16);
        expect(Math.log2(found / first)).toBeCloseTo(Math.round(Math.log2(found / first)), 9);
      }
    }
  });

  test('stops at the first step on the other side of acceptance 0.8', () => {
    // A linear potential is integrated exactly, so the energy error is the jump of the density at |x| = 1, whatever the
    // momentum: log 0.79 is beyond the threshold, log 0.81 is not.
    const jump = (ratio: number) => density(1, ([x]) => (Math.abs(x!) < 1e-2 ? 0 : Math.log(ratio)), () => [0]);
    expect(find(jump(0.79), 1)).toBeLessThan(0.5);
    expect(() => find(jump(0.81), 1)).toThrow(/improper/);
  });

  test('scales with the metric', () => {
    const wide = createMetric(1, { kind: 'diagonal', values: [1e6] });
    const target = gaussian([[1e-6]]);
    const found = findReasonableStepSize(
      target, evaluateAt(target, [0]), { stepSize: 1, metric: wide }, RandomStream.fromSeed(1),
    );
    expect(found).toBeGreaterThan(0.2);
    expect(found).toBeLessThan(8);
  });

  test('treats NaN as an unacceptable step', () => {
    expect(find(density(1, ([x]) => (Math.abs(x!) < 0.01 ? -0.5 * x! * x! : Number.NaN), ([x]) => [-x!]))).toBeLessThan(0.1);
  });

  test('says when no step is too large, or none is small enough', () => {
    expect(() => find(density(1, () => 0, () => [0]))).toThrow(/cannot find a step size: .*improper/);
    let evaluations = 0;
    const unsteady = density(1, () => -1000 * Math.min(1, evaluations++), () => [0]);
    expect(() => find(unsteady)).toThrow(/cannot find a step size: .*discontinuous/);
  });
});
