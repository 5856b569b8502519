/** @file What optimisers do apart from arithmetic: settings, state, schedules. */
import { adagrad, adam, adamW, clippedAdam, rmsprop, schedule, sgd } from '../../src/optim/index.ts';
import type { Optimizer, ParameterGradient } from '../../src/optim/index.ts';

function parameter(name: string, gradient: number[], value: number[] = gradient.map(() => 0)): ParameterGradient & { variable: { isDisposed: boolean } } {
  return { name, variable: { isDisposed: false }, value: Float32Array.from(value), gradient: Float32Array.from(gradient) };
}

describe('settings', () => {
  test('may depend on the name of the parameter, and are asked for once', () => {
    const asked: string[] = [];
    const optimizer = sgd((name) => {
      asked.push(name);
      return { lr: name.endsWith('scale') ? 1 : 10 };
    });
    const [loc, scale] = [parameter('a.loc', [1]), parameter('a.scale', [1])];
    optimizer.step([loc, scale]);
    optimizer.step([loc, scale]);
    expect([loc.value[0], scale.value[0]]).toEqual([-20, -2]);
    expect(asked).toEqual(['a.loc', 'a.scale']);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['unknown key', () => adam({ learningRate: 1 } as object), /optim\.adam: unknown option "learningRate"\. .*Options are lr, beta1, beta2, eps/],
    ['near miss', () => adam({ beta3: 1 } as object), /Did you mean "beta1"/],
    ['zero rate', () => adam({ lr: 0 }), /optim\.adam: lr must be positive, got 0/],
    ['NaN rate', () => sgd({ lr: NaN }), /optim\.sgd: lr must be positive, got NaN/],
    ['text', () => sgd({ lr: '0.1' as unknown as number }), /lr must be positive, got 0\.1/],
    ['beta1', () => adam({ beta1: 1 }), /beta1 must be in \[0, 1\)/],
    ['beta2', () => adamW({ beta2: -1 }), /optim\.adamW: beta2 must be in/],
    ['eps', () => adam({ eps: -1 }), /eps must be not negative/],
    ['weightDecay', () => adamW({ weightDecay: -1 }), /weightDecay/],
    ['clipNorm', () => clippedAdam({ clipNorm: 0 }), /optim\.clippedAdam: clipNorm must be positive/],
    ['lrd', () => clippedAdam({ lrd: 2 }), /lrd must be in \(0, 1\]/],
    ['momentum', () => sgd({ momentum: 1 }), /momentum must be in \[0, 1\)/],
    ['decay', () => rmsprop({ decay: 2 }), /optim\.rmsprop: decay/],
    ['accumulator', () => adagrad({ initialAccumulatorValue: -1 }), /optim\.adagrad: initialAccumulatorValue/],
    ['by name', () => adam(() => ({ lr: -1 })).step([parameter('x', [1])]), /lr must be positive, got -1/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('state', () => {
  const makers: [string, () => Optimizer][] = [
    ['adam', () => adam({ lr: 0.1 })],
    ['momentum', () => sgd({ lr: 0.1, momentum: 0.9 })],
    ['rmsprop', () => rmsprop({ lr: 0.1, momentum: 0.5 })],
    ['scheduled', () => schedule(adam({ lr: 0.1 }), { milestones: [3, 5] })],
  ];

  test.each(makers)('%s: saved and restored, it goes on as if nothing had happened', (_, make) => {
    const [whole, before, after] = [make(), make(), make()];
    const [x, y] = [parameter('x', [1, -2], [3, 4]), parameter('x', [1, -2], [3, 4])];
    for (let i = 0; i < 8; i++) whole.step([x]);
    for (let i = 0; i < 4; i++) before.step([y]);
    // Through text, as a file would have it.
    const saved = before.getState();
    const text = JSON.stringify(saved, (_key, value: unknown) => (value instanceof Float32Array ? [...value] : value));
    const { steps, parameters } = JSON.parse(text) as typeof saved;
    const state = Object.entries(parameters).map(([name, { updates, moments }]) => [name, { updates, moments: moments.map((m) => Float32Array.from(m)) }]);
    after.setState({ steps, parameters: Object.fromEntries(state) as typeof parameters });
    expect(after.getState()).toEqual(saved);
    const again = { ...y, variable: { isDisposed: false } };
    for (let i = 0; i < 4; i++) after.step([again]);
    expect([...again.value]).toEqual([...x.value]);
    expect(after.getState()).toEqual(whole.getState());
  });

  test('is not shared with who asked for it', () => {
    const optimizer = adam();
    const x = parameter('x', [1]);
    optimizer.step([x]);
    const state = optimizer.getState();
    const before = structuredClone(state);
    optimizer.step([x]);
    expect(state).toEqual(before);
  });

  test('a variable made anew under the same name starts afresh, and the old one is forgotten', () => {
    const optimizer = sgd({ lr: 1, momentum: 0.5 });
    const old = parameter('x', [1]);
    optimizer.step([old]);
    old.variable.isDisposed = true;
    const fresh = parameter('x', [1, 1]);
    optimizer.step([fresh]);
    expect([...fresh.value]).toEqual([-1, -1]);
    expect(optimizer.getState().parameters['x']?.updates).toBe(1);
  });

  test('of another model is refused', () => {
    const optimizer = adam();
    optimizer.setState({ steps: 1, parameters: { x: { updates: 1, moments: [new Float32Array(3), new Float32Array(3)] } } });
    expect(() => optimizer.step([parameter('x', [1])])).toThrow(/optim\.adam: the state set for param "x" has moments of lengths \[3, 3\], but needed are \[1, 1\]/);
  });
});

describe('schedule', () => {
  /** The rates that it gives: steps of plain descent along a slope of one. */
  function rates(scheduled: (inner: Optimizer) => Optimizer, steps: number): number[] {
    const optimizer = scheduled(sgd({ lr: 1 }));
    return Array.from({ length: steps }, () => {
      const x = parameter('x', [1]);
      optimizer.step([x]);
      return Math.abs(x.value[0]!);
    });
  }

  test('a function of the number of steps taken', () => {
    expect(rates((inner) => schedule(inner, (step) => step / 4), 4)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  test('milestones', () => {
    expect(rates((inner) => schedule(inner, { milestones: [1, 3], gamma: 0.5 }), 5)).toEqual([1, 0.5, 0.5, 0.25, 0.25]);
  });

  test('exponential', () => {
    expect(rates((inner) => schedule(inner, { gamma: 0.5, every: 2 }), 5)).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test('cosine', () => {
    const [first, , middle, , last, later] = rates((inner) => schedule(inner, { decaySteps: 4 }), 6);
    expect([first, last, later]).toEqual([1, 0, 0]);
    expect(middle).toBeCloseTo(0.5, 6);
  });

  test('schedules multiply', () => {
    expect(rates((inner) => schedule(schedule(inner, () => 0.5), () => 0.5), 1)).toEqual([0.25]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['unknown form', () => schedule(sgd(), { step: 3 } as unknown as { gamma: number }), /optim\.schedule: expected a function.*\{"step":3\}/],
    ['unknown key', () => schedule(sgd(), { milestones: [1], gama: 2 } as unknown as { milestones: number[] }), /unknown option "gama".*"gamma"/],
    ['no number', () => rates((inner) => schedule(inner, () => NaN), 1), /the factor at step 0 must be not negative, got NaN/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
