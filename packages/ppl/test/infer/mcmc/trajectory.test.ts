import fc from 'fast-check';
import { copyPhasePoint, createPhasePoint, hamiltonian, type PhasePoint } from '../../../src/infer/mcmc/hamiltonian.ts';
import type { TransitionInfo, Tuning } from '../../../src/infer/mcmc/kernel.ts';
import { evaluateAt, type EvaluatedPoint, type LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { createMetric, type InverseMassMatrix } from '../../../src/infer/mcmc/metric.ts';
import { DynamicTrajectory } from '../../../src/infer/mcmc/trajectory.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { bruteForceNuts } from './bruteForceNuts.ts';
import { banana, counted, density, funnel, gaussian, standardNormal } from './densities.ts';

function start(target: LogDensity, tuning: Tuning, q: readonly number[], p: readonly number[]): PhasePoint {
  const point = createPhasePoint(target.dimension);
  point.position.set(q);
  point.momentum.set(p);
  tuning.metric.velocity(point.momentum, point.velocity);
  point.logDensity = target.evaluate(point.position, point.gradient);
  return point;
}

function sample(
  target: LogDensity, from: PhasePoint, tuning: Tuning, stream: RandomStream, maxTreeDepth = 10,
): TransitionInfo & { to: EvaluatedPoint } {
  const to = evaluateAt(target, from.position);
  return { ...sampleFrom(new DynamicTrajectory(target, maxTreeDepth), from, tuning, stream, to), to };
}

function sampleFrom(
  trajectory: DynamicTrajectory, from: PhasePoint, tuning: Tuning, stream: RandomStream, to: EvaluatedPoint,
): TransitionInfo {
  copyPhasePoint(from, trajectory.start);
  return trajectory.sample(tuning, stream, to);
}

const tuningOf = (dimension: number, stepSize: number, inverse: InverseMassMatrix = { kind: 'identity' }): Tuning => ({
  stepSize,
  metric: createMetric(dimension, inverse),
});

/** No force at all: momenta never change, nothing ever turns. */
const flat = density(1, () => 0, () => [0]);

describe('DynamicTrajectory', () => {
  const targets: [string, LogDensity][] = [
    ['banana', banana],
    ['funnel', funnel(2)],
    ['gaussian', gaussian([[5, 1], [1, 0.4]])],
  ];
  const coordinate = fc.double({ min: -2, max: 2, noNaN: true });
  const metrics: InverseMassMatrix[] = [
    { kind: 'identity' },
    { kind: 'diagonal', values: [0.4, 2] },
    { kind: 'dense', values: [1, 0.4, 0.4, 0.8] },
  ];

  test.each(targets)('is the recursive algorithm of the papers, draw for draw: %s (P36)', (_, target) => {
    const depths = new Set<number>();
    let divergences = 0;
    fc.assert(
      fc.property(
        fc.tuple(coordinate, coordinate), fc.tuple(coordinate, coordinate),
        fc.double({ min: 0.02, max: 1.5, noNaN: true }), fc.constantFrom(...metrics), fc.integer(),
        (q, p, stepSize, inverse, seed) => {
          const tuning = tuningOf(2, stepSize, inverse);
          const from = start(target, tuning, q, p);
          const [ours, theirs] = [RandomStream.fromSeed(seed), RandomStream.fromSeed(seed)];
          const actual = sample(target, from, tuning, ours, 6);
          const expected = bruteForceNuts(target, from, tuning, 6, theirs);
          expect(actual.to.position).toEqual(expected.pick.position);
          expect(actual.to.gradient).toEqual(expected.pick.gradient);
          expect(actual.to.logDensity).toBe(expected.pick.logDensity);
          expect(actual.energy).toBe(hamiltonian(expected.pick));
          expect(actual.numLeapfrog).toBe(expected.numLeapfrog);
          expect(actual.treeDepth).toBe(expected.treeDepth);
          expect(actual.divergent).toBe(expected.divergent);
          expect(actual.acceptProb).toBeCloseTo(expected.acceptProb, 12);
          depths.add(actual.treeDepth);
          if (actual.divergent) divergences++;
        },
      ),
      { numRuns: 300, seed: 2 },
    );
    // The cases were of all kinds.
    for (let depth = 1; depth <= 6; depth++) expect(depths).toContain(depth);
    if (target !== targets[2]![1]) expect(divergences).toBeGreaterThan(3);
  });

  test('evaluates the density once a leapfrog step, at most 2^maxTreeDepth - 1 times (P36)', () => {
    fc.assert(
      fc.property(coordinate, coordinate, fc.integer(), fc.integer({ min: 1, max: 6 }), (q, p, seed, maxTreeDepth) => {
        const target = counted(standardNormal(1));
        const tuning = tuningOf(1, 0.1);
        const from = start(target, tuning, [q], [p]);
        const to = evaluateAt(target, from.position);
        const trajectory = new DynamicTrajectory(target, maxTreeDepth);
        target.count = 0;
        const info = sampleFrom(trajectory, from, tuning, RandomStream.fromSeed(seed), to);
        expect(target.count).toBe(info.numLeapfrog);
        expect(info.treeDepth).toBeLessThanOrEqual(maxTreeDepth);
        expect(info.numLeapfrog).toBeLessThanOrEqual(2 ** maxTreeDepth - 1);
        expect(info.numLeapfrog).toBeGreaterThanOrEqual(2 ** info.treeDepth - 1);
        expect(info.acceptProb).toBeGreaterThanOrEqual(0);
        expect(info.acceptProb).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('without a force: a full tree, and each doubling moves the pick to a uniform point of its new half', () => {
    const depth = 3;
    const tuning = tuningOf(1, 1);
    const from = start(flat, tuning, [0], [1]);
    const trajectory = new DynamicTrajectory(flat, depth);
    const to = evaluateAt(flat, [0]);
    const stream = RandomStream.fromSeed(4);
    const n = 16_000;
    const counts = new Map<number, number>();
    expect(sampleFrom(trajectory, from, tuning, stream, to)).toEqual({
      acceptProb: 1, energy: 0.5, divergent: false, treeDepth: depth, numLeapfrog: 7,
    });
    for (let i = 0; i < n; i++) {
      sampleFrom(trajectory, from, tuning, stream, to);
      counts.set(to.position[0]!, (counts.get(to.position[0]!) ?? 0) + 1);
    }
    // All weights are equal, so the last doubling is always taken: the pick is uniform on its 4 points. With left and
    // right equally likely, the first two doublings leave [-k, 3 - k], k uniform on 0..3, and the last adds the 4 points
    // before or after: each of the 8 halves has probability 1/8, each point of it 1/4.
    const expected = new Map<number, number>();
    for (let k = 0; k < 4; k++) {
      for (let i = 0; i < 4; i++) {
        for (const position of [4 - k + i, -k - 1 - i]) expected.set(position, (expected.get(position) ?? 0) + 1 / 32);
      }
    }
    expect(new Set(counts.keys())).toEqual(new Set(expected.keys()));
    for (const [position, probability] of expected) {
      const error = Math.abs(counts.get(position)! / n - probability);
      expect(error).toBeLessThan(4.5 * Math.sqrt((probability * (1 - probability)) / n));
    }
  });

  test('on a symmetric density, everything mirrored gives the mirror image (P36)', () => {
    fc.assert(
      fc.property(fc.tuple(coordinate, coordinate), fc.tuple(coordinate, coordinate), fc.integer(), (q, p, seed) => {
        const tuning = tuningOf(2, 0.3);
        const target = standardNormal(2);
        const run = (sign: number) =>
          sample(
            target, start(target, tuning, q.map((x) => sign * x), p.map((x) => sign * x)), tuning, RandomStream.fromSeed(seed),
          );
        const { to, ...info } = run(1);
        const { to: mirrored, ...mirroredInfo } = run(-1);
        expect([...mirrored.position].map((x) => 0 - x)).toEqual([...to.position].map((x) => x + 0));
        expect(mirroredInfo).toEqual(info);
      }),
    );
  });

  test('stays where it is, and says so, when the first step already diverges', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, -2000]) {
      const cliff = density(1, ([x]) => (x === 0 ? 0 : value), () => [0]);
      const tuning = tuningOf(1, 1);
      const from = start(cliff, tuning, [0], [1]);
      const { to, ...info } = sample(cliff, from, tuning, RandomStream.fromSeed(1));
      expect(to.position[0]).toBe(0);
      expect(info).toEqual({ acceptProb: 0, energy: 0.5, divergent: true, treeDepth: 0, numLeapfrog: 1 });
    }
  });

  test('diverges when the energy error passes 1000, not before', () => {
    const tuning = tuningOf(1, 1);
    const divergent = (drop: number) => {
      const step = density(1, ([x]) => (x === 0 ? 0 : -drop), () => [0]);
      return sample(step, start(step, tuning, [0], [1]), tuning, RandomStream.fromSeed(1), 1).divergent;
    };
    expect(divergent(1000)).toBe(false);
    expect(divergent(1001)).toBe(true);
  });

  test('a transition leaves nothing behind that the next one sees', () => {
    const tuning = tuningOf(2, 0.4);
    const trajectory = new DynamicTrajectory(banana, 10);
    const to = evaluateAt(banana, [0, 0]);
    const fresh = evaluateAt(banana, [0, 0]);
    for (let seed = 0; seed < 50; seed++) {
      const from = start(banana, tuning, [0.1 * seed - 2, 1], [1, -0.5]);
      const info = sampleFrom(trajectory, from, tuning, RandomStream.fromSeed(seed), to);
      const alone = sampleFrom(new DynamicTrajectory(banana, 10), from, tuning, RandomStream.fromSeed(seed), fresh);
      expect(info).toEqual(alone);
      expect(to).toEqual(fresh);
    }
  });

  test.each([1, 2, 3, 8])('has room for full trees of depth %p, to either side', (maxTreeDepth) => {
    // Vectors of half a page of WebAssembly memory, so that rounding up to whole pages hides little.
    const dimension = 4096;
    const wide: LogDensity = { dimension, evaluate: (_, gradient) => (gradient.fill(0), 0) };
    const tuning = tuningOf(dimension, 1);
    const trajectory = new DynamicTrajectory(wide, maxTreeDepth);
    const from = start(wide, tuning, Array.from({ length: dimension }, () => 0), Array.from({ length: dimension }, () => 1));
    const to = evaluateAt(wide, from.position);
    for (let seed = 0; seed < 10; seed++) {
      const info = sampleFrom(trajectory, from, tuning, RandomStream.fromSeed(seed), to);
      expect(info).toMatchObject({ treeDepth: maxTreeDepth, numLeapfrog: 2 ** maxTreeDepth - 1 });
    }
  });
});
