/** @file Learning rates by the number of steps. */
import { clip, reduceOnPlateau, schedule, sgd } from '../../src/optim/index.ts';
import type { Optimizer, PlateauOptions, Schedule } from '../../src/optim/index.ts';
import { parameter } from './parameter.ts';

/** How far one step of an optimiser moves along a slope of one: its rate, if it is plain descent at rate 1. */
function rate(optimizer: Optimizer): number {
  const x = parameter('x', [1]);
  optimizer.step([x]);
  return Math.abs(x.value[0]!);
}

function rates(form: Schedule, steps: number): number[] {
  const optimizer = schedule(sgd({ lr: 1 }), form);
  return Array.from({ length: steps }, () => rate(optimizer));
}

function expectRates(form: Schedule, expected: number[]): void {
  rates(form, expected.length).forEach((actual, step) => expect([step, actual]).toEqual([step, expect.closeTo(expected[step]!, 6)]));
}

describe('schedule', () => {
  test('a function of the number of steps taken', () => {
    expect(rates((step) => step / 4, 4)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  test('milestones', () => {
    expect(rates({ milestones: [1, 3], gamma: 0.5 }, 5)).toEqual([1, 0.5, 0.5, 0.25, 0.25]);
  });

  test('exponential, and in steps', () => {
    expect(rates({ gamma: 0.5 }, 3)).toEqual([1, 0.5, 0.25]);
    expect(rates({ gamma: 0.5, every: 2 }, 5)).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test('cosine', () => {
    const half = Math.SQRT1_2 / 2;
    expectRates({ decaySteps: 4 }, [1, 0.5 + half, 0.5, 0.5 - half, 0, 0]);
    expectRates({ decaySteps: 2, floor: 0.2 }, [1, 0.6, 0.2, 0.2]);
  });

  test('cosine with warm restarts', () => {
    expectRates({ decaySteps: 2, restarts: 1 }, [1, 0.5, 1, 0.5, 1]);
    const half = Math.SQRT1_2 / 2;
    expectRates({ decaySteps: 2, restarts: 2 }, [1, 0.5, 1, 0.5 + half, 0.5, 0.5 - half, 1]);
  });

  test('warm-up', () => {
    expectRates({ warmupSteps: 4 }, [0.25, 0.5, 0.75, 1, 1]);
    expectRates({ warmupSteps: 2, from: 0.5 }, [0.75, 1, 1]);
  });

  test('one cycle: lowest, highest and last as torch has them', () => {
    // torch.optim.lr_scheduler.OneCycleLR with total_steps 10: phases end at 0.3 * 10 - 1 = 2 and at 9.
    const cycle = rates({ cycleSteps: 10 }, 12);
    expect(cycle[0]).toBeCloseTo(1 / 25, 7);
    expect(cycle[1]).toBeCloseTo((1 / 25 + 1) / 2, 6);
    expect(cycle[2]).toBe(1);
    expect(cycle[5]).toBeCloseTo(4e-6 + (1 - 4e-6) * ((1 + Math.cos((Math.PI * 3) / 7)) / 2), 6);
    for (const step of [9, 10, 11]) expect(cycle[step]).toBeCloseTo(4e-6, 9);
  });

  test('several at once are multiplied, as are schedules of schedules', () => {
    expectRates([{ warmupSteps: 2 }, { gamma: 0.5 }], [0.5, 0.5, 0.25, 0.125]);
    expect(rate(schedule(schedule(sgd({ lr: 1 }), () => 0.5), () => 0.5))).toBe(0.25);
  });

  test('one after another, each counting from where it begins', () => {
    expectRates({ sequence: [{ warmupSteps: 2 }, { decaySteps: 2 }, () => 0.1], at: [2, 4] }, [0.5, 1, 1, 0.5, 0.1, 0.1]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['unknown form', () => schedule(sgd(), { step: 3 } as unknown as { gamma: number }), /optim\.schedule: expected a function.*\{"step":3\}/],
    ['unknown key', () => schedule(sgd(), { milestones: [1], gama: 2 } as unknown as { milestones: number[] }), /unknown option "gama".*"gamma"/],
    ['unknown form in a list', () => schedule(sgd(), [{ gamma: 1 }, null as unknown as Schedule]), /expected a function.*got null/],
    ['no number', () => rates(() => NaN, 1), /the factor at step 0 must be not negative, got NaN/],
    ['milestones without a list', () => schedule(sgd(), { milestones: 3 as unknown as number[] }), /milestones must be an array of steps, got 3/],
    ['negative gamma', () => schedule(sgd(), { gamma: -1 }), /gamma must be not negative/],
    ['shrinking restarts', () => schedule(sgd(), { decaySteps: 3, restarts: 0.5 }), /restarts must be at least 1, got 0\.5/],
    ['no warm-up', () => schedule(sgd(), { warmupSteps: 0 }), /warmupSteps must be positive/],
    ['cycle of one', () => schedule(sgd(), { cycleSteps: 1 }), /cycleSteps must be at least 2/],
    ['sequence without its bounds', () => schedule(sgd(), { sequence: [{ gamma: 1 }, { gamma: 1 }], at: [] }), /`at` the ascending steps/],
    ['sequence that goes back', () => schedule(sgd(), { sequence: [{ gamma: 1 }, { gamma: 1 }, { gamma: 1 }], at: [3, 2] }), /ascending/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('reduceOnPlateau', () => {
  const options = { factor: 0.5, patience: 2, threshold: 0.1, cooldown: 1, window: 1 } satisfies PlateauOptions;

  /** torch's ReduceLROnPlateau in mode 'min', relative threshold, as documented: the rate after each loss. */
  function oracle(losses: number[], floor = 0): number[] {
    let [lr, best, bad, cooling] = [1, Infinity, 0, 0];
    return losses.map((loss) => {
      if (loss < best * (1 - options.threshold)) [best, bad] = [loss, 0];
      else bad += 1;
      if (cooling > 0) [cooling, bad] = [cooling - 1, 0];
      if (bad > options.patience) [lr, cooling, bad] = [Math.max(floor, lr * options.factor), options.cooldown, 0];
      return lr;
    });
  }

  function ours(losses: number[], more: PlateauOptions = {}): number[] {
    const optimizer = reduceOnPlateau(sgd({ lr: 1 }), { ...options, ...more });
    return losses.map((loss) => {
      optimizer.observe?.(loss);
      return rate(optimizer);
    });
  }

  const losses = [10, 8, 7.9, 7.8, 7.7, 7.6, 7.5, 7.4, 7.3, 7.2, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2];

  test('does as torch\'s does', () => {
    expect(ours(losses)).toEqual(oracle(losses));
    expect(ours(losses, { floor: 0.1875 })).toEqual(oracle(losses, 0.1875));
    expect(new Set(oracle(losses)).size).toBeGreaterThan(3);
  });

  test('takes means over windows, and knows improvement of negative losses', () => {
    const noisy = losses.flatMap((loss) => [loss + 30, loss - 30, NaN]);
    expect(ours(noisy, { window: 2 }).filter((_, i) => i % 3 === 1)).toEqual(oracle(losses));
    // Each a fifth better than the last.
    expect(ours([-1, -1.2, -1.44, -1.73, -2.08, -2.5, -3])).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(ours([-3, -3.1, -3.2, -3.25])).toEqual([1, 1, 1, 0.5]);
  });

  test('hears of the loss through other layers', () => {
    const optimizer = clip(schedule(reduceOnPlateau(sgd({ lr: 1 }), { ...options, patience: 0 }), () => 0.5), { value: 10 });
    optimizer.observe?.(1);
    expect(rate(optimizer)).toBe(0.5);
    optimizer.observe?.(1);
    expect(rate(optimizer)).toBe(0.25);
  });

  test.each<[PlateauOptions, RegExp]>([
    [{ factor: 1 }, /optim\.reduceOnPlateau: factor must be in \(0, 1\), got 1/],
    [{ window: 0 }, /window must be a whole number above 0/],
    [{ patience: 0.5 }, /patience must be a whole number/],
    [{ cooldown: -1 }, /cooldown/],
    [{ threshold: -1 }, /threshold/],
    [{ floor: 2 }, /floor must be in \[0, 1\]/],
    [{ patiance: 3 } as PlateauOptions, /unknown option "patiance".*"patience"/],
  ])('%j', (given, message) => {
    expect(() => reduceOnPlateau(sgd(), given)).toThrow(message);
  });
});
