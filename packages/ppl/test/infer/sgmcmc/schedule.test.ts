/** @file Step sizes and phases from step to step: formulas of the papers, counts, refusals. */
import { checkSchedule, stepPlan } from '../../../src/infer/sgmcmc/schedule.ts';
import type { StepSchedule } from '../../../src/infer/sgmcmc/schedule.ts';
import { follow } from '../../../src/optim/ruleOptimizer.ts';
import { langevin } from '../../../src/infer/sgmcmc/langevin.ts';
import { optim } from '../../../src/index.ts';
import type { Optimizer } from '../../../src/optim/optimizer.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const steps = (count: number): number[] => Array.from({ length: count }, (_, step) => step);
const counts = (numSamples: number, thinning = 1, numBurnIn?: number) => ({ numSamples, thinning, numBurnIn });

test('cyclical steps are those of equation 1 of Zhang et al., and explore at the start of each cycle', () => {
  const [numCycles, share] = [3, 0.6];
  const plan = stepPlan('test', { numCycles, explorationShare: share }, counts(24));
  const total = plan.numSteps;
  expect(total).toBe(60);
  for (const step of steps(total)) {
    // As printed there: k counts from 1, r(k) = mod(k - 1, ⌈K/M⌉) / ⌈K/M⌉, explored while r(k) < β.
    const period = Math.ceil(total / numCycles);
    const r = (step % period) / period;
    expect(plan.factor(step)).toBeCloseTo(0.5 * (Math.cos(Math.PI * r) + 1), 12);
    expect(plan.phase(step)).toBe(r < share ? 'exploration' : 'sample');
    expect(plan.isDraw(step)).toBe(r >= share);
  }
  expect(plan.numDraws).toBe(24);
});

test.each([0, 0.25, 0.5, 0.8, 0.9, 0.99])('cycles with exploration share %d have just the sampling steps asked for', (explorationShare) => {
  for (const perCycle of [1, 3, 7, 10]) {
    const plan = stepPlan('test', { numCycles: 2, explorationShare }, counts(2 * perCycle));
    const phases = steps(plan.numSteps).map((step) => plan.phase(step));
    expect(phases.filter((phase) => phase === 'sample')).toHaveLength(2 * perCycle);
    const share = phases.filter((phase) => phase === 'exploration').length / phases.length;
    // At least the share that was asked for, but by less than a step in a cycle.
    expect(share).toBeGreaterThanOrEqual(explorationShare - 1e-9);
    expect((share - explorationShare) * (plan.numSteps / 2)).toBeLessThan(1);
  }
});

test('polynomial decay is a (b + t)^-gamma', () => {
  const [offset, gamma] = [10, 0.55];
  const plan = stepPlan('test', { gamma, offset }, counts(5));
  const a = offset ** gamma;
  for (const step of [0, 1, 10, 500, 1004]) expect(plan.factor(step)).toBeCloseTo(a * (offset + step) ** -gamma, 12);
});

test('burn-in comes first, and thinning keeps the last of every so many steps', () => {
  const plan = stepPlan('test', 'constant', counts(10, 3, 4));
  expect([plan.numSteps, plan.numBurnIn, plan.numDraws]).toEqual([14, 4, 3]);
  expect(steps(14).filter((step) => plan.phase(step) === 'burn-in')).toEqual([0, 1, 2, 3]);
  expect(steps(14).filter((step) => plan.isDraw(step))).toEqual([6, 9, 12]);
  expect(stepPlan('test', 'constant', counts(10)).numBurnIn).toBe(1000);
  const cycles = stepPlan('test', { numCycles: 2, explorationShare: 0.5 }, counts(10, 2));
  expect(steps(cycles.numSteps).filter((step) => cycles.isDraw(step))).toEqual([6, 8, 16, 18]);
  expect(cycles.numDraws).toBe(4);
});

test('what is no schedule is refused', () => {
  const bad: readonly [unknown, RegExp][] = [
    ['cosine', /expected 'constant', \{ gamma, offset \}, .* got "cosine"/],
    [null, /got null/],
    [{ gamma: 0.5 }, /gamma must be above 0\.5 and at most 1, got 0\.5/],
    [{ gamma: 0.6, ofset: 3 }, /unknown option "ofset". Did you mean "offset"/],
    [{ gamma: 0.6, offset: 0 }, /offset must be positive/],
    [{ numCycles: 0 }, /numCycles must be an integer of at least 1, got 0/],
    [{ numCycles: 2, explorationShare: 1 }, /explorationShare must be at least 0 and below 1, got 1/],
  ];
  for (const [schedule, message] of bad) expect(() => checkSchedule(schedule as StepSchedule)).toThrow(message);
  expect(() => stepPlan('test', { numCycles: 3 }, counts(10))).toThrow(/numSamples, 10, must be a multiple of numCycles, 3/);
  expect(() => stepPlan('test', { numCycles: 2 }, counts(10, 1, 5))).toThrow(/takes no numBurnIn/);
  expect(() => stepPlan('test', { numCycles: 5 }, counts(10, 3))).toThrow(/no draws are left/);
  expect(() => stepPlan('test', (step) => -step, counts(10)).factor(2)).toThrow(/factor at step 2 must be positive, got -2/);
});

test('a random update without a stream is refused, and changes nothing', () => {
  const value = Float32Array.of(1, 2);
  const parameter = { name: 'x', variable: { isDisposed: false }, value, gradient: Float32Array.of(1, 1) };
  expect(() => follow(langevin('infer.SGLD'), {}).step([parameter])).toThrow(/infer\.SGLD: its updates are random, and need a stream/);
  expect([...value]).toEqual([1, 2]);
});

test('layers around an update let it draw', () => {
  const run = (optimizer: Optimizer): number[] => {
    const value = Float32Array.of(1, 2);
    const parameter = { name: 'x', variable: { isDisposed: false }, value, gradient: Float32Array.of(0.5, -0.5) };
    for (let step = 0; step < 2; step++) optimizer.step([parameter], 1, RandomStream.fromSeed(step));
    return [...value];
  };
  const plain = (lr: number): Optimizer => follow(langevin('infer.SGLD'), { lr });
  expect(run(optim.clip(plain(0.1), { value: 1 }))).toEqual(run(plain(0.1)));
  expect(run(optim.schedule(plain(0.2), () => 0.5))).toEqual(run(plain(0.1)));
});
