import { MCMC, NUTS } from '../../../src/infer/mcmc/index.ts';
import { modelTarget } from '../../../src/infer/mcmc/model/modelTarget.ts';
import { resolveTarget, type Target } from '../../../src/infer/mcmc/target.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { density, standardNormal } from './densities.ts';

jest.mock('../../../src/infer/mcmc/model/modelTarget.ts', () => ({ modelTarget: jest.fn() }));
const mocked = jest.mocked(modelTarget);

const stream = RandomStream.fromSeed(1);

/** What a model might become: a density on ℝ with one site x = 2q. */
function fakeTarget(inner = standardNormal(1)) {
  return {
    density: inner,
    constrain: jest.fn((q: Float64Array) => ({ x: { data: q.map((value) => 2 * value), shape: [] } })),
    describeCoordinate: (i: number) => `x#${i}`,
    dispose: jest.fn(),
  };
}

const model = (x: number) => x;
const options = { numSamples: 20, numWarmup: 10, numChains: 2, seed: 1, progressBar: false };

describe('a model', () => {
  test('is made a target with its arguments and the engine, sampled and disposed of', async () => {
    const target = fakeTarget();
    mocked.mockReturnValueOnce(target as never);
    const mcmc = new MCMC(new NUTS(model, { engine: 'eager' }), options);
    await mcmc.run(1, 'two');
    expect(mocked).toHaveBeenCalledWith(model, [1, 'two'], { engine: 'eager', stream: expect.any(RandomStream) });
    expect(mcmc.getSamples()['x']!.shape).toEqual([40]);
    expect(target.constrain).toHaveBeenCalledTimes(40);
    expect(target.constrain.mock.results[7]!.value.x.data[0]).toBe(mcmc.getSamples()['x']!.data[7]);
    expect(target.dispose).toHaveBeenCalledTimes(1);
    mcmc.summary();
    mcmc.checkpoint();
  });

  test('is disposed of also when the run fails, and names the coordinate that is to blame', async () => {
    const target = fakeTarget(density(1, () => 0, () => [Number.NaN]));
    mocked.mockReturnValueOnce(target as never);
    const mcmc = new MCMC(new NUTS(model), options);
    await expect(mcmc.run(1)).rejects.toThrow(/the gradient was not finite for x#0/);
    expect(target.dispose).toHaveBeenCalledTimes(1);
  });

  test('is set up before the first await, so under the handlers in force at the call', () => {
    mocked.mockClear();
    mocked.mockReturnValueOnce(fakeTarget() as never);
    const run = new MCMC(new NUTS(model), options).run(1);
    expect(mocked).toHaveBeenCalledTimes(1);
    return run;
  });
});

describe('a log density', () => {
  const resolve = (inner: Parameters<typeof resolveTarget>[0]) => resolveTarget(inner, [], { engine: 'auto', stream }) as Target;

  test('by itself is one site q', () => {
    const target = resolve(standardNormal(2));
    const q = Float64Array.of(1, 2);
    expect(target.constrain(q)).toEqual({ q: { data: q, shape: [2] } });
    expect(target.describeCoordinate(1)).toBe('q[1]');
    expect(target).not.toHaveProperty('unconstrain');
  });

  test('with names of its own keeps them, and its `this`', () => {
    class Named {
      readonly dimension = 1;
      readonly shift = 3;
      evaluate(): number {
        return 0;
      }
      constrain(q: Float64Array) {
        return { y: { data: q.map((x) => x + this.shift), shape: [] } };
      }
      unconstrain(values: Readonly<Record<string, unknown>>) {
        return Float64Array.of((values['y'] as number) - this.shift);
      }
      describeCoordinate(i: number) {
        return `y${i + this.shift}`;
      }
    }
    const target = resolve(new Named());
    expect(target.constrain(Float64Array.of(1))).toEqual({ y: { data: Float64Array.of(4), shape: [] } });
    expect(target.unconstrain?.({ y: 4 })).toEqual(Float64Array.of(1));
    expect(target.describeCoordinate(0)).toBe('y3');
  });

  test('takes no arguments; what is neither is refused', () => {
    expect(() => resolveTarget(standardNormal(1), [1], { engine: 'auto', stream })).toThrow(/takes no arguments/);
    for (const wrong of [null, 5, { dimension: 1 }]) {
      expect(() => resolve(wrong as never)).toThrow(/a kernel takes a model \(a function\), or a log density/);
    }
  });
});
