import { Chain, type ChainState } from '../../../src/infer/mcmc/chain.ts';
import { HMC } from '../../../src/infer/mcmc/hmc.ts';
import { uniformDraw } from '../../../src/infer/mcmc/initialPoint.ts';
import type { McmcKernel } from '../../../src/infer/mcmc/kernelOptions.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { NUTS } from '../../../src/infer/mcmc/nuts.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { banana, gaussian, standardNormal } from './densities.ts';

const target = gaussian([[2, 0.3, 0], [0.3, 1, -0.2], [0, -0.2, 0.01]]);

function start(kernel: McmcKernel, numWarmup: number, seed = 1, density: LogDensity = kernel.target as LogDensity): Chain {
  return Chain.start(
    kernel,
    { density, describeCoordinate: (i) => `q[${i}]` },
    { draw: uniformDraw(density.dimension, 2), maxTries: 100 },
    numWarmup,
    RandomStream.fromSeed(seed),
  );
}

const advance = (chain: Chain, iterations: number) => {
  for (let i = 0; i < iterations; i++) chain.step();
  return chain;
};

const kernels: [string, McmcKernel][] = [
  ['NUTS', new NUTS(target)],
  ['NUTS, diagonal', new NUTS(target, { massMatrix: 'diagonal' })],
  ['NUTS, dense', new NUTS(target, { massMatrix: 'dense' })],
  ['NUTS, as in Stan', new NUTS(target, { adaptation: 'stan' })],
  ['NUTS, as in Stan, dense', new NUTS(target, { adaptation: 'stan', massMatrix: 'dense' })],
  ['NUTS, identity', new NUTS(target, { massMatrix: 'identity' })],
  ['HMC', new HMC(target, { numSteps: 5 })],
];

describe.each(kernels)('a chain of %s', (_, kernel) => {
  test('goes on from its state, through JSON, bit for bit (P41)', () => {
    const whole = advance(start(kernel, 170), 200);
    for (const cut of [0, 1, 3, 4, 10, 25, 60, 74, 75, 100, 119, 120, 153, 170, 171, 199]) {
      const saved = JSON.stringify(advance(start(kernel, 170), cut).state);
      const resumed = Chain.resume(kernel, target, JSON.parse(saved) as ChainState);
      expect(JSON.stringify(resumed.state)).toBe(saved);
      expect(advance(resumed, 200 - cut).state).toEqual(whole.state);
    }
  });

  test('changes neither step size nor mass matrix after warm-up (P38)', () => {
    const chain = advance(start(kernel, 170), 170);
    const { adaptation } = chain.state;
    expect(advance(chain, 50).state.adaptation).toBe(adaptation);
    expect(chain.stepSize).toBe(adaptation.stepSize);
  });

  test('depends on its stream alone', () => {
    expect(advance(start(kernel, 30), 40).state).toEqual(advance(start(kernel, 30), 40).state);
    expect(advance(start(kernel, 30), 40).state.position).not.toEqual(advance(start(kernel, 30, 2), 40).state.position);
  });
});

describe('the step size', () => {
  test('given, with nothing to adapt it: used as it is', () => {
    const given = new NUTS(target, { stepSize: 0.123 });
    expect(start(given, 0).stepSize).toBe(0.123);
    expect(advance(start(given, 0), 20).stepSize).toBe(0.123);
    const fixed = new NUTS(target, { stepSize: 0.123, adaptStepSize: false });
    const chain = advance(start(fixed, 150), 200);
    expect(chain.stepSize).toBe(0.123);
    expect(chain.state.adaptation.inverseMassMatrix).not.toEqual({ kind: 'diagonal', values: [1, 1, 1] });
  });

  test('not given: a reasonable one, even without warm-up', () => {
    const { stepSize } = start(new NUTS(gaussian([[1e10]])), 0);
    expect(stepSize).toBeGreaterThan(1e-7);
    expect(stepSize).toBeLessThan(1e-4);
  });

  test('is found anew for each new mass matrix of the scheme of Stan', () => {
    const windowed = start(new NUTS(banana, { adaptation: 'stan' }), 150);
    for (let iteration = 1; iteration < 150; iteration++) {
      windowed.step();
      const { dualAveraging, stepSize } = windowed.state.adaptation;
      // Dual averaging begins again when the only metric window ends, after 100 iterations, and never else.
      expect(dualAveraging?.count).toBe(iteration < 100 ? iteration : iteration - 100);
      if (iteration === 100) expect(dualAveraging?.shrinkagePoint).toBeCloseTo(Math.log(10 * stepSize), 14);
    }
    // After the first metric window, coordinates of scales 1e-3 and 1e3 have the same scale in the new metric.
    const chain = start(new NUTS(gaussian([[1e6, 0], [0, 1e-6]]), { adaptation: 'stan' }), 1000);
    advance(chain, 75);
    expect(chain.stepSize).toBeLessThan(0.02);
    advance(chain, 425);
    expect(chain.stepSize).toBeGreaterThan(0.1);
  });

  test('reaches the acceptance that it is tuned to', () => {
    // With nothing else to adapt, so that all of warm-up tunes the step size; over seeds the error is at most 0.03.
    const acceptProb = (targetAcceptProb: number) => {
      const kernel = new NUTS(standardNormal(10), { targetAcceptProb, massMatrix: 'identity' });
      const chain = advance(start(kernel, 1000), 1000);
      return Array.from({ length: 1000 }, () => chain.step().acceptProb).reduce((sum, x) => sum + x, 0) / 1000;
    };
    for (const wanted of [0.6, 0.8, 0.95]) expect(Math.abs(acceptProb(wanted) - wanted)).toBeLessThan(0.05);
  });
});

test('the mass matrix of the scheme of Stan becomes the covariance', () => {
  const covariance = [[4, 1.5], [1.5, 1]];
  const determinant = 4 - 1.5 ** 2;
  const density = gaussian([[1 / determinant, -1.5 / determinant], [-1.5 / determinant, 4 / determinant]]);
  const matrixOf = (massMatrix: 'diagonal' | 'dense') => {
    const kernel = new NUTS(density, { massMatrix, adaptation: 'stan' });
    const { inverseMassMatrix } = advance(start(kernel, 2000), 2000).state.adaptation;
    return inverseMassMatrix.kind === 'identity' ? [] : inverseMassMatrix.values;
  };
  // The last window has 1000 iterations or more: the error of a variance is about 5 %.
  for (const [i, value] of matrixOf('dense').entries()) {
    expect(Math.abs(value - covariance.flat()[i]!)).toBeLessThan(0.25 * Math.abs(covariance.flat()[i]!));
  }
  expect(Math.abs(matrixOf('diagonal')[0]! / 4 - 1)).toBeLessThan(0.25);
  expect(Math.abs(matrixOf('diagonal')[1]! - 1)).toBeLessThan(0.25);
});

test('chains share a workspace, take turns, and do not notice; a density may run chains of its own', () => {
  const kernel = new NUTS(banana);
  const alone = [1, 2].map((seed) => advance(start(kernel, 30, seed), 60).state);
  const [a, b] = [start(kernel, 30, 1), start(kernel, 30, 2)];
  // Of the same dimension and depth, so that it would share the workspace, were it not in the middle of a transition.
  const nested: LogDensity = {
    dimension: 2,
    evaluate: (q, gradient) => {
      advance(start(kernel, 0, 3), 1);
      return banana.evaluate(q, gradient);
    },
  };
  const c = start(kernel, 30, 1, nested);
  for (let i = 0; i < 60; i++) for (const chain of [a, b, c]) chain.step();
  expect([a.state, b.state]).toEqual(alone);
  expect(c.state).toEqual(alone[0]);
});
