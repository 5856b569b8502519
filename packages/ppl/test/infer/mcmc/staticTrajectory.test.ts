import { createPhasePoint, copyPhasePoint, hamiltonian } from '../../../src/infer/mcmc/hamiltonian.ts';
import { numLeapfrogSteps } from '../../../src/infer/mcmc/hmc.ts';
import { leapfrog } from '../../../src/infer/mcmc/integrator.ts';
import { evaluateAt } from '../../../src/infer/mcmc/logDensity.ts';
import { createMetric } from '../../../src/infer/mcmc/metric.ts';
import { StaticTrajectory } from '../../../src/infer/mcmc/staticTrajectory.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { counted, density, standardNormal } from './densities.ts';

const metric = createMetric(1, { kind: 'identity' });

function start(target = standardNormal(1), q = 0.5, p = 1) {
  const point = createPhasePoint(1);
  point.position[0] = q;
  point.momentum[0] = p;
  point.velocity[0] = p;
  point.logDensity = target.evaluate(point.position, point.gradient);
  return point;
}

describe('StaticTrajectory', () => {
  test('goes to the end of the trajectory with Metropolis probability, else stays', () => {
    const target = standardNormal(1);
    const from = start();
    const end = createPhasePoint(1);
    copyPhasePoint(from, end);
    for (let i = 0; i < 3; i++) leapfrog(target, metric, end, 1.8);
    const expected = Math.exp(hamiltonian(from) - hamiltonian(end));
    expect(expected).toBeLessThan(0.9);

    const trajectory = new StaticTrajectory(target);
    const to = evaluateAt(target, [0]);
    const stream = RandomStream.fromSeed(1);
    const n = 20_000;
    let accepted = 0;
    for (let i = 0; i < n; i++) {
      trajectory.sample(from, 3, { stepSize: 1.8, metric }, stream, to);
      if (to.position[0] !== from.position[0]) accepted++;
    }
    for (let i = 0; i < 20; i++) {
      const info = trajectory.sample(from, 3, { stepSize: 1.8, metric }, stream, to);
      const moved = to.position[0] !== from.position[0];
      expect(info.acceptProb).toBeCloseTo(expected, 14);
      expect(info.numLeapfrog).toBe(3);
      expect(info.divergent).toBe(false);
      expect(info.energy).toBe(hamiltonian(moved ? end : from));
      const { position, gradient, logDensity } = moved ? end : from;
      expect(to).toEqual({ position, gradient, logDensity });
    }
    expect(Math.abs(accepted / n - expected)).toBeLessThan(4.5 * Math.sqrt((expected * (1 - expected)) / n));
  });

  test('stops and stays where the density is not finite, and counts that as divergent', () => {
    const wall = density(1, ([x]) => (x! < 2 ? 0 : Number.NaN), () => [0]);
    const to = evaluateAt(wall, [0]);
    const info = new StaticTrajectory(wall).sample(
      start(wall, 0, 1), 100, { stepSize: 0.5, metric }, RandomStream.fromSeed(1), to,
    );
    expect(info).toEqual({ acceptProb: 0, energy: 0.5, divergent: true, treeDepth: 0, numLeapfrog: 4 });
    expect(to.position[0]).toBe(0);
  });

  test('evaluates the density once a step', () => {
    const target = counted(standardNormal(1));
    const trajectory = new StaticTrajectory(target);
    const to = evaluateAt(target, [0]);
    const from = start();
    target.count = 0;
    trajectory.sample(from, 17, { stepSize: 0.1, metric }, RandomStream.fromSeed(1), to);
    expect(target.count).toBe(17);
  });
});

test.each([
  [{ numSteps: 7 }, 100, 7],
  [{ trajectoryLength: 2 }, 0.3, 6],
  [{ trajectoryLength: 2 }, 5, 1],
  [{ trajectoryLength: 2 }, 1e-9, 1024],
])('numLeapfrogSteps(%p, %p) is %p', (length, stepSize, expected) => {
  expect(numLeapfrogSteps(length, stepSize)).toBe(expected);
});
