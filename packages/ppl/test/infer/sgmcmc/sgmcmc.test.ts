/** @file Runs of SG-MCMC: engines, chains, batches, callbacks, resuming, errors. Where chains end up: stationary.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import { ParamStore, deterministic, dist, handlers, infer, param, plate, ready, sample } from '../../../src/index.ts';
import type { RandomStream, SGMCMC, SampleArray, SgmcmcCheckpoint, SgmcmcKernel, SgmcmcOptions, SgmcmcProgress, SgmcmcSample } from '../../../src/index.ts';
import { preconditioned } from '../../../src/infer/sgmcmc/preconditioned.ts';
import { langevin } from '../../../src/infer/sgmcmc/langevin.ts';
import { follow } from '../../../src/optim/ruleOptimizer.ts';
import { normalNumbers } from '../../../src/random/tensors.ts';
import { RandomStream as Stream } from '../../../src/random/stream.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const N = 20;
const xs = Float32Array.from({ length: N }, (_, i) => i / 10 - 1);
const ys = xs.map((x, i) => 0.5 + 2 * x + 0.3 * Math.sin(7 * i));

type Batch = [tf.Tensor, tf.Tensor];

/** A line through N points, of which the arguments are some. */
const line = (x: tf.Tensor, y: tf.Tensor): void => {
  const slope = sample('slope', dist.normal(0, 3)) as tf.Tensor;
  const offset = sample('offset', dist.normal(0, 3)) as tf.Tensor;
  const scale = sample('scale', dist.halfNormal(1)) as tf.Tensor;
  const rows = Int32Array.from({ length: x.shape[0]! }, (_, i) => i);
  plate('data', N, x.shape[0] === N ? {} : { subsample: rows }, () => sample('y', dist.normal(tf.add(tf.mul(slope, x), offset), scale), { obs: y }));
};

/** Batches of 5, in an order of each pass's own; each is freed when the next is asked for. */
function* fleeting(_: number, stream: RandomStream): Generator<Batch> {
  const order = stream.choose(N, N);
  for (let i = 0; i < N; i += 5) {
    const rows = order.subarray(i, i + 5);
    const batch: Batch = [tf.tensor1d(Float32Array.from(rows, (row) => xs[row]!)), tf.tensor1d(Float32Array.from(rows, (row) => ys[row]!))];
    try {
      yield batch;
    } finally {
      tf.dispose(batch);
    }
  }
}

const kernels: Record<string, (engine: 'compiled' | 'eager') => SgmcmcKernel<Batch>> = {
  SGLD: (engine) => new infer.SGLD(line, { stepSize: 0.002, engine }),
  pSGLD: (engine) => new infer.SGLD(line, { stepSize: 0.01, preconditioner: true, engine }),
  SGHMC: (engine) => new infer.SGHMC(line, { stepSize: 0.002, friction: 0.2, engine }),
  'SGHMC in cycles': (engine) => new infer.SGHMC(line, { stepSize: 0.004, schedule: { numCycles: 2, explorationShare: 0.5 }, engine }),
};

const options = { numSamples: 12, numBurnIn: 10, seed: 1, initStrategy: 'zero' } as const satisfies SgmcmcOptions;
const optionsFor = (name: string, others: Partial<SgmcmcOptions> = {}): SgmcmcOptions => {
  const { numBurnIn, ...rest } = options;
  return name.endsWith('cycles') ? { ...rest, ...others } : { numBurnIn, ...rest, ...others };
};

/** As `structuredClone`, whose arrays are not those of the realm that Jest runs tests in. */
function cloned<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return (value as unknown as Float32Array).slice() as T;
  if (Array.isArray(value)) return value.map((entry: unknown) => cloned(entry)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, cloned<unknown>(entry)])) as T;
}

const samplesOf = (sgmcmc: SGMCMC<Batch>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(sgmcmc.getSamples()).map(([name, { data }]) => [name, [...data]]));

describe.each(Object.keys(kernels))('%s', (name) => {
  const kernel = kernels[name]!;

  test('compiled and eager chains are the same but for rounding, and leave no tensors', async () => {
    const [compiled, eager] = (['compiled', 'eager'] as const).map((engine) => new infer.SGMCMC(kernel(engine), optionsFor(name))) as [SGMCMC<Batch>, SGMCMC<Batch>];
    await expectNoLeak(() => compiled.run({ batches: fleeting }));
    await expectNoLeak(() => eager.run({ batches: fleeting }));
    expect([compiled.stats?.engine, eager.stats?.engine]).toEqual(['compiled', 'eager']);
    const [ofCompiled, ofEager] = [samplesOf(compiled), samplesOf(eager)];
    expect(Object.keys(ofCompiled)).toEqual(['slope', 'offset', 'scale']);
    for (const [site, values] of Object.entries(ofCompiled)) {
      expect(new Set(values).size).toBe(12);
      values.forEach((value, i) => expect(Math.abs(value - ofEager[site]![i]!)).toBeLessThan(1e-4));
    }
  });

  test('a run that was stopped anywhere goes on bit for bit', async () => {
    const more = { numChains: 2, thinning: 2 };
    const whole = new infer.SGMCMC(kernel('compiled'), optionsFor(name, more));
    await whole.run({ batches: fleeting });
    for (const stop of [3, 16, 30]) {
      const controller = new AbortController();
      let steps = 0;
      const counted = function* (pass: number, stream: RandomStream): Generator<Batch> {
        for (const batch of fleeting(pass, stream)) {
          if (++steps === stop) controller.abort();
          yield batch;
        }
      };
      const first = new infer.SGMCMC(kernel('compiled'), optionsFor(name, { ...more, signal: controller.signal }));
      await expect(expectNoLeak(() => first.run({ batches: counted }))).rejects.toThrow(/abort/i);
      const saved = cloned(await first.checkpoint());
      expect(() => structuredClone(saved)).not.toThrow();
      expect(saved.chains.reduce((sum, { step }) => sum + step, 0)).toBe(stop);
      const second = new infer.SGMCMC(kernel('compiled'), optionsFor(name, more));
      await expectNoLeak(() => second.resume(saved, { batches: fleeting }));
      expect(samplesOf(second)).toEqual(samplesOf(whole));
      const [a, b] = [await second.checkpoint(), await whole.checkpoint()];
      expect(a.chains.map(({ position, kernel: state, potential }) => [position, state, potential])).toEqual(
        b.chains.map(({ position, kernel: state, potential }) => [position, state, potential]),
      );
    }
  });
});

test('an update is the formula: momentum, friction, noise less that of the gradient; the preconditioner of Li et al.', () => {
  const gradient = Float32Array.of(0.5, -2, 3);
  const run = (optimizer: ReturnType<typeof follow>, initial: number[], count: number): number[] => {
    const parameter = { name: 'x', variable: { isDisposed: false }, value: Float32Array.from(initial), gradient };
    for (let step = 0; step < count; step++) optimizer.step([parameter], 1, Stream.fromSeed(step));
    return [...parameter.value];
  };
  const noise = (step: number): Float32Array => normalNumbers(Stream.fromSeed(step).fold('x'), 3);
  const at = (step: number) => ({ factor: 1 / (1 + step), isNoisy: step !== 1 });
  const [lr, temperature, friction, gradientVariance, decay, damping] = [0.1, 0.7, 0.3, 0.4, 0.9, 0.2];
  let x = [1, 2, 3];
  let m = [0, 0, 0];
  let v = [0, 0, 0];
  let z = [1, 2, 3];
  for (let step = 0; step < 3; step++) {
    const epsilon = lr / (1 + step);
    const t = step === 1 ? 0 : temperature;
    const spread = Math.sqrt(Math.max(0, friction * epsilon * t - (epsilon / 2) ** 2 * gradientVariance));
    m = m.map((mi, i) => (1 - friction) * mi - (epsilon / 2) * gradient[i]! + spread * noise(step)[i]!);
    x = x.map((xi, i) => xi + m[i]!);
    v = v.map((vi, i) => decay * vi + (1 - decay) * gradient[i]! ** 2);
    const g = v.map((vi) => 1 / (damping + Math.sqrt(vi / (1 - decay ** (step + 1)))));
    z = z.map((zi, i) => zi - (epsilon / 2) * g[i]! * gradient[i]! + Math.sqrt(epsilon * t * g[i]!) * noise(step)[i]!);
  }
  run(follow(langevin('a'), { lr, temperature, at, friction, gradientVariance }), [1, 2, 3], 3).forEach((value, i) => expect(value).toBeCloseTo(x[i]!, 5));
  run(follow(preconditioned('b'), { lr, temperature, at, decay, damping }), [1, 2, 3], 3).forEach((value, i) => expect(value).toBeCloseTo(z[i]!, 5));
});

test('SGHMC with friction 1 is SGLD', async () => {
  const chains = await Promise.all(
    [new infer.SGLD(line, { stepSize: 0.002 }), new infer.SGHMC(line, { stepSize: 0.002, friction: 1 })].map(async (kernel) => {
      const sgmcmc = new infer.SGMCMC<Batch>(kernel, options);
      await sgmcmc.run({ batches: fleeting });
      return samplesOf(sgmcmc);
    }),
  );
  expect(chains[0]).toEqual(chains[1]);
});

test('chains depend on the seed alone: not on how many others there are, nor on thinning', async () => {
  const run = async (others: Partial<SgmcmcOptions>): Promise<Record<string, SampleArray>> => {
    const sgmcmc = new infer.SGMCMC(kernels['SGHMC']!('compiled'), { ...options, initStrategy: 'uniform', ...others });
    await sgmcmc.run({ batches: fleeting });
    expect(sgmcmc.stats?.programs).toBe(1);
    return sgmcmc.getSamples({ groupByChain: true });
  };
  const [three, one, thinned, other] = [await run({ numChains: 3 }), await run({}), await run({ thinning: 5 }), await run({ seed: 2 })];
  expect(three['slope']!.shape).toEqual([3, 12]);
  const slopes = [...three['slope']!.data];
  expect(new Set(slopes).size).toBe(36);
  expect([...one['slope']!.data]).toEqual(slopes.slice(0, 12));
  expect([...thinned['slope']!.data]).toEqual([slopes[4], slopes[9]]);
  expect([...other['slope']!.data]).not.toEqual(slopes.slice(0, 12));
});

test('two modes: a chain of small steps stays with one, cycles visit both', async () => {
  const modes = (): void => {
    sample('x', dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.normal([-2, 2], 0.3)));
  };
  const sides = async (kernel: SgmcmcKernel, numBurnIn?: number): Promise<number> => {
    const sgmcmc = new infer.SGMCMC(kernel, { numSamples: 400, seed: 1, initStrategy: { position: [1.5] }, ...(numBurnIn === undefined ? {} : { numBurnIn }) });
    await sgmcmc.run();
    const { data } = sgmcmc.getSamples()['x']!;
    return data.filter((x) => x > 0).length / data.length;
  };
  expect(await sides(new infer.SGLD(modes, { stepSize: 0.02 }), 0)).toBe(1);
  // The first steps of a cycle overshoot, and end in either mode.
  const share = await sides(new infer.SGLD(modes, { stepSize: 0.6, schedule: { numCycles: 40, explorationShare: 0.8 } }));
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.8);
});

test('parameters of the model stay what they are, what it assigns is assigned once a step, handlers in force count', async () => {
  const store = new ParamStore();
  const state = tf.variable(tf.scalar(0));
  const model = (): void => {
    const centre = param('centre', tf.scalar(3)) as tf.Tensor;
    const top = sample('top', dist.halfNormal(1)) as tf.Tensor;
    const x = sample('x', dist.uniform(tf.sub(centre, top), tf.add(centre, top))) as tf.Tensor;
    deterministic('twice', tf.mul(x, 2));
    state.assign(tf.add(state, 1));
  };
  const sgmcmc = new infer.SGMCMC(new infer.SGLD(model, { stepSize: 0.05 }), { numSamples: 20, numBurnIn: 5, seed: 1 });
  await handlers.paramStore({ store }).run(() => handlers.condition({ data: { top: tf.scalar(0.5) } }).run(() => sgmcmc.run()));
  expect([...store.get('centre').dataSync()]).toEqual([3]);
  expect(state.dataSync()[0]).toBe(25);
  const samples = sgmcmc.getSamples();
  expect(Object.keys(samples)).toEqual(['x']);
  for (const x of samples['x']!.data) expect(Math.abs(x - 3)).toBeLessThan(0.5);
  store.clear();
  state.dispose();
});

test('progress, draws as they come, and what is kept', async () => {
  const progress: SgmcmcProgress[] = [];
  const drawn: SgmcmcSample[] = [];
  const checkpoints: SgmcmcCheckpoint[] = [];
  const sgmcmc: SGMCMC<Batch> = new infer.SGMCMC(kernels['SGHMC in cycles']!('compiled'), {
    numSamples: 12, seed: 1, numChains: 2, thinning: 3, initStrategy: 'zero',
    onProgress: (now) => progress.push(now),
    onSample: async (draw) => {
      drawn.push(draw);
      if (drawn.length === 3) checkpoints.push(await sgmcmc.checkpoint());
    },
  });
  await sgmcmc.run({ batches: fleeting });
  expect(drawn.map(({ chain, draw }) => [chain, draw])).toEqual([0, 1].flatMap((chain) => [0, 1, 2, 3].map((draw) => [chain, draw])));
  expect(drawn.map(({ values }) => values['slope']!.data[0])).toEqual([...sgmcmc.getSamples()['slope']!.data]);
  const ends = progress.filter(({ step, numSteps }) => step === numSteps);
  expect(ends.map(({ chain, numChains, phase, step }) => [chain, numChains, phase, step])).toEqual([[0, 2, 'sample', 24], [1, 2, 'sample', 24]]);
  expect(ends[0]!.stepSize).toBeCloseTo(0.004 * 0.5 * (1 + Math.cos((11 / 12) * Math.PI)), 10);
  expect(checkpoints[0]!.chains.map(({ step, draws }) => [step, draws['slope']!.shape])).toEqual([[21, [3]]]);
  expect(sgmcmc.diagnostics().map(({ chain, steps, potential }) => [chain, steps, Number.isFinite(potential)])).toEqual([[0, 24, true], [1, 24, true]]);
  expect(Object.keys(sgmcmc.summary())).toEqual(['slope', 'offset', 'scale']);
  expect(sgmcmc.warnings().join(' ')).toMatch(/effective sample size is below 200/);

  const streamed = new infer.SGMCMC(kernels['SGLD']!('compiled'), { ...options, keepSamples: false, onSample: (draw) => drawn.push(draw) });
  drawn.length = 0;
  await streamed.run({ batches: fleeting });
  expect(drawn).toHaveLength(12);
  expect(() => streamed.getSamples()).toThrow(/draws were not kept: keepSamples is false/);
});

test('without batches all steps have the same arguments, or none', async () => {
  const args: Batch = [tf.tensor1d(xs), tf.tensor1d(ys)];
  const sgmcmc = new infer.SGMCMC(kernels['SGHMC']!('compiled'), { ...options, numSamples: 600, numBurnIn: 200 });
  await expectNoLeak(() => sgmcmc.run({ args }));
  // Twice the slope of the least squares line, roughly: the data say much more than the prior.
  const { slope } = sgmcmc.summary();
  expect(Math.abs(slope!.mean - 2)).toBeLessThan(0.3);
  tf.dispose(args);
});

describe('errors', () => {
  const kernel = (): SgmcmcKernel<Batch> => kernels['SGLD']!('compiled');

  test('options and data that will not do are refused', async () => {
    expect(() => new infer.SGLD(line, undefined as never)).toThrow(/infer\.SGLD: needs options, of which stepSize must be given/);
    expect(() => new infer.SGLD(3 as never, { stepSize: 1 })).toThrow(/takes a model, which is a function, got number/);
    expect(() => new infer.SGLD(line, { stepSize: 0 })).toThrow(/stepSize must be positive and finite, got 0/);
    expect(() => new infer.SGLD(line, { stepSize: 1, friction: 0.1 } as never)).toThrow(/unknown option "friction"/);
    expect(() => new infer.SGLD(line, { stepSize: 1, preconditioner: { decay: 1 } })).toThrow(/decay must be at least 0 and below 1/);
    expect(() => new infer.SGLD(line, { stepSize: 1, preconditioner: { eps: 1 } as never })).toThrow(/unknown option "eps"/);
    expect(() => new infer.SGHMC(line, { stepSize: 1, friction: 0 })).toThrow(/friction must be above 0 and at most 1, got 0/);
    expect(() => new infer.SGHMC(line, { stepSize: 1, temperature: -1 })).toThrow(/temperature must be positive/);
    expect(() => new infer.SGHMC(line, { stepSize: 1, gradientVariance: -1 })).toThrow(/gradientVariance must be at least 0/);
    expect(() => new infer.SGHMC(line, { stepSize: 1, gradientVariance: 1 })).toThrow(/variance of 0\.4 at most: take smaller steps/);
    expect(() => new infer.SGMCMC(line as never, options)).toThrow(/takes a kernel first/);
    expect(() => new infer.SGMCMC(new infer.NUTS(line) as never, options)).toThrow(/NUTS and HMC are for infer\.MCMC/);
    expect(() => new infer.MCMC(kernel() as never, options as never)).toThrow(/takes a kernel first/);
    expect(() => new infer.SGMCMC(kernel(), { ...options, numWarmup: 10 } as never)).toThrow(/there is no numWarmup.*numBurnIn/);
    expect(() => new infer.SGMCMC(kernel(), { ...options, samples: 10 } as never)).toThrow(/unknown option "samples"/);
    expect(() => new infer.SGMCMC(kernel(), { numSamples: 3, thinning: 4 })).toThrow(/no draws are left/);
    expect(() => new infer.SGMCMC(kernel(), { numSamples: 3, initStrategy: 'pathfinder' })).toThrow(/cannot be Pathfinder/);
    const sgmcmc = new infer.SGMCMC(kernel(), options);
    expect(() => sgmcmc.getSamples()).toThrow(/no finished run: call and await run\(\) first/);
    await expect(sgmcmc.checkpoint()).rejects.toThrow(/nothing to checkpoint yet/);
    await expect(sgmcmc.run([] as never)).rejects.toThrow(/options must be an object.*Give the model's arguments as \{ args: \[x, y\] \}/);
    await expect(sgmcmc.run({ args: [tf.scalar(0), tf.scalar(0)], batches: fleeting })).rejects.toThrow(/give args or batches, not both/);
    await expect(sgmcmc.run({ batches: [] })).rejects.toThrow(/infer\.SGMCMC: batches is empty/);
  });

  test('models without gradients, and latent sites of which batches see parts, are refused by name', async () => {
    const run = (model: () => unknown): Promise<void> => new infer.SGMCMC(new infer.SGLD(model, { stepSize: 0.1 }), options).run();
    await expect(run(() => sample('z', dist.bernoulli({ probs: 0.5 })))).rejects.toThrow(/site "z".*is discrete/);
    const local = (): unknown => plate('data', 10, { subsampleSize: 2 }, () => sample('z', dist.normal(0, 1)));
    await expect(run(local)).rejects.toThrow(/site "z".*stands in plate "data", which subsamples 2 of 10/);
    await expect(run(() => sample('x', dist.normal(0, 1), { obs: tf.scalar(1) }))).rejects.toThrow(/no latent sites/);
  });

  test('a chain that leaves the finite numbers says where, and leaves the chains before it and no tensors', async () => {
    const steep = (): void => {
      const x = sample('x', dist.normal(0, 1).expand([3]).toEvent(1)) as tf.Tensor;
      sample('y', dist.normal(tf.exp(tf.square(x)), 1).toEvent(1), { obs: tf.zeros([3]) });
    };
    const sgmcmc = new infer.SGMCMC(new infer.SGLD(steep, { stepSize: 1 }), { numSamples: 50, numBurnIn: 0, seed: 1, initStrategy: 'zero' });
    await expect(expectNoLeak(() => sgmcmc.run())).rejects.toThrow(/infer\.SGMCMC: .*chain 0, step \d+ of 50; steps went well before, so they may be too large: lower stepSize, now 1/s);
    const { chains } = await sgmcmc.checkpoint();
    expect([...chains[0]!.position['x']!].every(Number.isFinite)).toBe(true);
    expect(() => sgmcmc.diagnostics()).toThrow(/no finished run/);
  });

  test('a checkpoint of another run is refused', async () => {
    const first = new infer.SGMCMC(kernel(), options);
    await first.run({ batches: fleeting });
    const saved = await first.checkpoint();
    const resume = (other: SgmcmcKernel<Batch>, others: Partial<SgmcmcOptions>, checkpoint: unknown = saved): Promise<void> =>
      new infer.SGMCMC(other, { ...options, ...others }).resume(checkpoint as SgmcmcCheckpoint, { batches: fleeting });
    await expect(resume(kernels['SGHMC']!('compiled'), {})).rejects.toThrow(/the checkpoint is of infer\.SGLD, the kernel is infer\.SGHMC/);
    await expect(resume(kernels['pSGLD']!('compiled'), { numSamples: 20 })).rejects.toThrow(/moments of lengths \[\], but needed are \[1\]/);
    await expect(resume(kernel(), { thinning: 2 })).rejects.toThrow(/has thinning 1, and this run 2/);
    await expect(resume(kernel(), { numSamples: 5 })).rejects.toThrow(/has 22 steps of a chain/);
    await expect(resume(kernel(), {}, { chains: [] })).rejects.toThrow(/it takes what checkpoint\(\) gave/);
    await expect(resume(kernel(), {}, { ...saved, version: 2 })).rejects.toThrow(/of version 2; this library reads version 1/);
    const others = new infer.SGLD((x: tf.Tensor, y: tf.Tensor) => sample('slope', dist.normal(0, 1).expand([2]).toEvent(1)) && line(x, y), { stepSize: 0.002 });
    await expect(expectNoLeak(() => resume(others, { numSamples: 20 }))).rejects.toThrow(/"slope"/);
    const another = new infer.SGLD((_x: tf.Tensor, _y: tf.Tensor) => sample('slope', dist.normal(0, 1).expand([2]).toEvent(1)), { stepSize: 0.002 });
    await expect(expectNoLeak(() => resume(another, { numSamples: 20 }))).rejects.toThrow(/sites and their sizes are slope \(2\) here, and were slope \(1\), offset \(1\), scale \(1\)/);
    const streamed = new infer.SGMCMC(kernel(), { ...options, keepSamples: false });
    await streamed.run({ batches: fleeting });
    const withoutDraws = await streamed.checkpoint();
    await expect(resume(kernel(), {}, withoutDraws)).rejects.toThrow(/has made 12 draws and holds 0 of them; was it of a run with keepSamples: false/);
    await expect(resume(kernel(), { keepSamples: false }, withoutDraws)).resolves.toBeUndefined();
    // More of the same is no other run.
    const longer = new infer.SGMCMC(kernel(), { ...options, numSamples: 20 });
    await longer.resume(saved, { batches: fleeting });
    const whole = new infer.SGMCMC(kernel(), { ...options, numSamples: 20 });
    await whole.run({ batches: fleeting });
    expect(samplesOf(longer)).toEqual(samplesOf(whole));
  });
});

test('steps that explore are without noise: plain gradient descent, with momentum', async () => {
  const model = (): void => {
    sample('x', dist.normal(0, 1).expand([3]).toEvent(1));
  };
  const [stepSize, friction] = [0.3, 0.4];
  const kernel = new infer.SGHMC(model, { stepSize, friction, schedule: { numCycles: 1, explorationShare: 0.9 } });
  const sgmcmc: SGMCMC = new infer.SGMCMC(kernel, { numSamples: 1, seed: 1, initStrategy: { position: [1, -2, 3] } });
  await sgmcmc.run();
  const { position, kernel: state } = (await sgmcmc.checkpoint()).chains[0]!;
  const rates = Array.from({ length: 10 }, (_, j) => (stepSize / 4) * (Math.cos((Math.PI * j) / 10) + 1));
  [1, -2, 3].forEach((start, i) => {
    let [x, m] = [start, 0];
    for (const rate of rates.slice(0, 9)) {
      m = (1 - friction) * m - rate * x;
      x += m;
    }
    // The one step that samples moves on from there, and adds N(0, α ε).
    const drift = (1 - friction) * m - rates[9]! * x;
    const noise = position['x']![i]! - x - drift;
    expect(Math.abs(noise)).toBeLessThan(4.5 * Math.sqrt(friction * 2 * rates[9]!));
    expect(noise).not.toBe(0);
    expect(state.parameters['x']!.moments[0]![i]).toBeCloseTo(drift + noise, 5);
  });
});

test('each pass through the data has a stream of its own, and each chain', async () => {
  const keys: string[] = [];
  const noted = function* (pass: number, stream: RandomStream): Generator<Batch> {
    keys.push(stream.key.join());
    yield* fleeting(pass, stream);
  };
  const sgmcmc = new infer.SGMCMC(kernels['SGLD']!('compiled'), { ...options, numChains: 2 });
  await sgmcmc.run({ batches: noted });
  // 22 steps of 4 a pass, twice.
  expect(keys).toHaveLength(12);
  expect(new Set(keys).size).toBe(12);
});
