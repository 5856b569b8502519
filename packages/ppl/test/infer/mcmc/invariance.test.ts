/**
 * Exact invariance (the exact form of Geweke 2004; P37): a state drawn from the target, moved by a few transitions, has
 * the distribution of the target again, to be checked with a goodness-of-fit test without any burn-in or
 * autocorrelation. Kernels with deliberate bugs must fail the very same test.
 */
import { createPhasePoint, copyPoint, hamiltonian } from '../../../src/infer/mcmc/hamiltonian.ts';
import { hmcTransitions } from '../../../src/infer/mcmc/hmc.ts';
import { leapfrog } from '../../../src/infer/mcmc/integrator.ts';
import type { TransitionKernel, Tuning } from '../../../src/infer/mcmc/kernel.ts';
import { evaluateAt, type LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { createMetric } from '../../../src/infer/mcmc/metric.ts';
import { nutsTransitions } from '../../../src/infer/mcmc/nuts.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { bruteForceNuts, type Mutation } from './bruteForceNuts.ts';
import { banana, logistic } from './densities.ts';

// Seconds alone on a machine, but others may be using it.
jest.setTimeout(60_000);

type Step = (q: readonly number[], stream: RandomStream) => readonly number[];

interface Problem {
  readonly target: LogDensity;
  readonly draw: (stream: RandomStream) => number[];
  /** Functions of the state that are uniform on (0, 1) under the target. */
  readonly uniforms: readonly ((q: readonly number[]) => number)[];
}

const problems: Record<string, Problem> = {
  logistic: {
    target: logistic,
    draw: (stream) => {
      const u = stream.uniform();
      return [Math.log(u / (1 - u))];
    },
    uniforms: [([x]) => 1 / (1 + Math.exp(-x!))],
  },
  banana: {
    target: banana,
    draw: (stream) => {
      const x = stream.normal();
      return [x, x * x + stream.normal()];
    },
    // x and y - x² are independent standard normals: the squared radius is exponential, the angle uniform.
    uniforms: [
      ([x, y]) => 1 - Math.exp(-0.5 * (x! ** 2 + (y! - x! ** 2) ** 2)),
      ([x, y]) => 0.5 + Math.atan2(y! - x! ** 2, x!) / (2 * Math.PI),
    ],
  },
};

/**
 * The largest of Kolmogorov's statistics √n D, over the uniforms, after three transitions. For a correct kernel
 * P(√n D > c) < 2 exp(-2c²), so 2.5 is passed with probability 7e-6.
 */
function kolmogorov({ draw, uniforms }: Problem, step: Step, n: number): number {
  const stream = RandomStream.fromSeed(20_250_101);
  const states = Array.from({ length: n }, () => {
    let state: readonly number[] = draw(stream);
    for (let i = 0; i < 3; i++) state = step(state, stream);
    return state;
  });
  const statistics = uniforms.map((uniform) => {
    const sorted = Float64Array.from(states, uniform).sort();
    return Math.max(...sorted.map((u, i) => Math.max(u - i / n, (i + 1) / n - u))) * Math.sqrt(n);
  });
  return Math.max(...statistics);
}

const LIMIT = 2.5;

const tuningOf = (target: LogDensity, stepSize: number): Tuning => ({
  stepSize,
  metric: createMetric(target.dimension, {
    kind: 'diagonal',
    values: Array.from({ length: target.dimension }, (_, i) => 1 + 0.5 * i),
  }),
});

function stepOf(kernel: TransitionKernel, target: LogDensity, tuning: Tuning): Step {
  const to = evaluateAt(target, new Float64Array(target.dimension));
  return (q, stream) => {
    kernel.step(kernel.init(q), tuning, stream, to);
    return [...to.position];
  };
}

describe.each(Object.entries(problems))('on the %s', (name, problem) => {
  const { target } = problem;
  const stepSize = name === 'logistic' ? 1.6 : 0.7;
  const tuning = tuningOf(target, stepSize);

  test('NUTS leaves the target invariant', () => {
    expect(kolmogorov(problem, stepOf(nutsTransitions(target, 10), target, tuning), 12_000)).toBeLessThan(LIMIT);
  });

  test('NUTS with trees cut short leaves the target invariant', () => {
    expect(kolmogorov(problem, stepOf(nutsTransitions(target, 2), target, tuning), 12_000)).toBeLessThan(LIMIT);
  });

  test.each([{ numSteps: 3 }, { trajectoryLength: 2 }])('HMC with %p leaves the target invariant', (length) => {
    expect(kolmogorov(problem, stepOf(hmcTransitions(target, length), target, tuning), 12_000)).toBeLessThan(LIMIT);
  });

  // Each bug on the target where it shows.
  const mutations: Mutation[] =
    name === 'logistic' ? ['none', 'keep turned subtrees', 'only forward'] : ['none', 'uniform subtrees', 'always progress'];
  test.each(mutations)('recursive NUTS with bugs: %s', (mutation) => {
    const start = createPhasePoint(target.dimension);
    const step: Step = (q, stream) => {
      copyPoint(evaluateAt(target, q), start);
      tuning.metric.sampleMomentum(stream, start.momentum);
      tuning.metric.velocity(start.momentum, start.velocity);
      return [...bruteForceNuts(target, start, tuning, 10, stream, mutation).pick.position];
    };
    const statistic = kolmogorov(problem, step, mutation === 'uniform subtrees' ? 20_000 : 6000);
    if (mutation === 'none') expect(statistic).toBeLessThan(LIMIT);
    else expect(statistic).toBeGreaterThan(LIMIT);
  });

  test('HMC without Metropolis correction fails', () => {
    const point = createPhasePoint(target.dimension);
    const step: Step = (q, stream) => {
      copyPoint(evaluateAt(target, q), point);
      tuning.metric.sampleMomentum(stream, point.momentum);
      tuning.metric.velocity(point.momentum, point.velocity);
      for (let i = 0; i < 3; i++) leapfrog(target, tuning.metric, point, tuning.stepSize);
      return Number.isFinite(hamiltonian(point)) ? [...point.position] : q;
    };
    expect(kolmogorov(problem, step, 10_000)).toBeGreaterThan(LIMIT);
  });
});
