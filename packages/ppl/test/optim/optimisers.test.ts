/** @file Settings of optimisers. */
import { adagrad, adagradRmsprop, adam, adamax, adamW, clippedAdam, rmsprop, sgd } from '../../src/optim/index.ts';
import { parameter } from './parameter.ts';

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
    ['eps', () => adam({ eps: -1 }), /eps must be positive/],
    ['weightDecay', () => adamW({ weightDecay: -1 }), /weightDecay/],
    ['clipNorm', () => clippedAdam({ clipNorm: 0 }), /optim\.clippedAdam: clipNorm must be positive/],
    ['lrd', () => clippedAdam({ lrd: 2 }), /lrd must be in \(0, 1\]/],
    ['momentum', () => sgd({ momentum: 1 }), /momentum must be in \[0, 1\)/],
    ['decay', () => rmsprop({ decay: 2 }), /optim\.rmsprop: decay/],
    ['t', () => adagradRmsprop({ t: 0 }), /optim\.adagradRmsprop: t must be in \(0, 1\], got 0/],
    ['delta', () => adagradRmsprop({ delta: 0.5 }), /delta must be in \[0, 0\.5\)/],
    ['adamax', () => adamax({ beta2: 1 }), /optim\.adamax: beta2 must be in \[0, 1\)/],
    ['lrDecay', () => adagrad({ lrDecay: -1 }), /optim\.adagrad: lrDecay must be not negative/],
    ['nothing under the division', () => adagrad({ eps: 0 }), /eps and initialAccumulatorValue must not both be 0/],
    ['accumulator', () => adagrad({ initialAccumulatorValue: -1 }), /optim\.adagrad: initialAccumulatorValue/],
    ['by name', () => adam(() => ({ lr: -1 })).step([parameter('x', [1])]), /lr must be positive, got -1/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test('a step that fails changes nothing', () => {
  const optimizer = sgd((name) => ({ lr: 1, momentum: name === 'y' ? 2 : 0.5 }));
  const x = parameter('x', [1]);
  expect(() => optimizer.step([x, parameter('y', [1])])).toThrow(/momentum/);
  expect(x.value[0]).toBe(0);
  optimizer.step([x]);
  expect([x.value[0], optimizer.getState().steps]).toEqual([-1, 1]);
});
