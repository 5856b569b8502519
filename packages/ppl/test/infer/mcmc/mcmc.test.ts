import { Chain } from '../../../src/infer/mcmc/chain.ts';
import { uniformDraw } from '../../../src/infer/mcmc/initialPoint.ts';
import { setSeed } from '../../../src/random/global.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import {
  formatSummary,
  HMC,
  InitialPointError,
  MCMC,
  NUTS,
  type LogDensity,
  type McmcCheckpoint,
  type McmcOptions,
  type McmcProgress,
  type NamedLogDensity,
} from '../../../src/infer/mcmc/index.ts';
import { banana, density, funnel, gaussian, standardNormal } from './densities.ts';

const quiet = { progressBar: false } as const;

async function run(target: LogDensity, options: Partial<McmcOptions> = {}): Promise<MCMC> {
  const mcmc = new MCMC(new NUTS(target), { numSamples: 50, numWarmup: 50, seed: 1, ...quiet, ...options });
  await mcmc.run();
  return mcmc;
}

/** A density over (log scale, 2 × 3 matrix) that knows its sites. */
const named: NamedLogDensity = {
  ...standardNormal(7),
  siteNames: ['scale', 'w', 'nothing'],
  constrain: (q) => ({
    scale: { data: Float64Array.of(Math.exp(q[0]!)), shape: [] },
    w: { data: q.slice(1), shape: [2, 3] },
    nothing: { data: new Float64Array(0), shape: [0] },
  }),
  unconstrain: (values) => Float64Array.of(Math.log(values['scale'] as number), ...(values['w'] as number[][]).flat()),
};

describe('samples', () => {
  test('of a plain density are one site q', async () => {
    const mcmc = await run(banana, { numChains: 3 });
    const { q } = mcmc.getSamples();
    expect(q!.shape).toEqual([150, 2]);
    expect(mcmc.getSamples({ groupByChain: true })['q']).toEqual({ data: q!.data, shape: [3, 50, 2] });
    expect(q!.data).toHaveLength(300);
    const logDensity = mcmc.getExtraFields()['logDensity'];
    expect(logDensity.shape).toEqual([150]);
    for (let i = 0; i < 150; i++) {
      const at = Float64Array.from(q!.data.subarray(2 * i, 2 * i + 2));
      expect(banana.evaluate(at, new Float64Array(2))).toBe(logDensity.data[i]);
    }
  });

  test('of a density with sites are those sites, and scalars are named by index', async () => {
    const mcmc = await run(named);
    const samples = mcmc.getSamples();
    expect(Object.keys(samples)).toEqual(['scale', 'w', 'nothing']);
    expect([samples['scale']!.shape, samples['w']!.shape, samples['nothing']!.shape]).toEqual([[50], [50, 2, 3], [50, 0]]);
    expect(Math.min(...samples['scale']!.data)).toBeGreaterThan(0);
    const summary = mcmc.summary();
    expect(Object.keys(summary)).toEqual(['scale', 'w[0,0]', 'w[0,1]', 'w[0,2]', 'w[1,0]', 'w[1,1]', 'w[1,2]']);
    const entries = Array.from({ length: 50 }, (_, draw) => samples['w']!.data[6 * draw + 5]!);
    expect(summary['w[1,2]']!.mean).toBeCloseTo(entries.reduce((sum, x) => sum + x, 0) / 50, 14);
  });

  test('sites whose shapes change are an error that names them', async () => {
    let calls = 0;
    const growing: NamedLogDensity = {
      ...standardNormal(1),
      constrain: () => ({ x: { data: new Float64Array(++calls), shape: [calls] } }),
    };
    await expect(run(growing)).rejects.toThrow(/site "x": shape \[2\] at one draw, \[1\] at another/);
  });
});

describe('seeds', () => {
  const draws = (mcmc: MCMC) => [...mcmc.getSamples()['q']!.data];

  test('the same seed gives the same draws, another seed others', async () => {
    expect(draws(await run(banana))).toEqual(draws(await run(banana)));
    expect(draws(await run(banana, { seed: 2 }))).not.toEqual(draws(await run(banana)));
  });

  test('a second run repeats the first', async () => {
    const mcmc = await run(banana);
    const first = draws(mcmc);
    await mcmc.run();
    expect(draws(mcmc)).toEqual(first);
  });

  test('a chain does not depend on how many others there are, nor on progress (P40)', async () => {
    const alone = draws(await run(banana));
    const events: McmcProgress[] = [];
    const together = draws(await run(banana, { numChains: 3, onProgress: (event) => events.push(event) }));
    expect(together.slice(0, 100)).toEqual(alone);
    expect(together.slice(100, 200)).not.toEqual(alone);
    expect(new Set(events.map(({ chain }) => chain))).toEqual(new Set([0, 1, 2]));
  });

  test('chain c is the chain of child c of the seed', async () => {
    const kernel = new NUTS(banana);
    const target = { density: banana, describeCoordinate: String };
    const stream = RandomStream.fromSeed(1).fold(2);
    const chain = Chain.start(kernel, target, { draw: uniformDraw(2, 2), maxTries: 100 }, 50, stream);
    for (let i = 0; i < 100; i++) chain.step();
    expect(draws(await run(banana, { numChains: 3 })).slice(-2)).toEqual(chain.state.position);
  });

  test('without a seed, setSeed decides, and every run is another', async () => {
    const unseeded = () => {
      const mcmc = new MCMC(new NUTS(banana), { numSamples: 20, numWarmup: 20, ...quiet });
      return mcmc.run().then(() => mcmc);
    };
    setSeed(5);
    const first = draws(await unseeded());
    const second = draws(await unseeded());
    expect(second).not.toEqual(first);
    setSeed(5);
    expect(draws(await unseeded())).toEqual(first);
  });
});

describe('checkpoints', () => {
  const options = { numSamples: 60, numWarmup: 40, numChains: 3, seed: 1, ...quiet };

  test('an aborted run, resumed elsewhere through JSON, is the uninterrupted one bit for bit (P41)', async () => {
    const whole = new MCMC(new NUTS(banana), options);
    await whole.run();
    for (const when of ['warmup', 'sample'] as const) {
      const controller = new AbortController();
      const aborted = new MCMC(new NUTS(banana), {
        ...options,
        signal: controller.signal,
        onProgress: ({ chain, phase }) => {
          if (chain === 1 && phase === when) controller.abort();
        },
      });
      await expect(aborted.run()).rejects.toMatchObject({ name: 'AbortError' });
      expect(() => aborted.getSamples()).toThrow(/no finished run: .*resume\(\) from checkpoint\(\)/);
      const saved = JSON.parse(JSON.stringify(aborted.checkpoint())) as McmcCheckpoint;
      const iterations = saved.chains.map(({ state }) => state.iteration);
      expect(iterations.map((count) => (count === 100 ? 'complete' : count > 0 ? 'under way' : 'begun'))).toEqual([
        'complete', when === 'warmup' ? 'under way' : 'complete', 'begun',
      ]);

      const resumed = new MCMC(new NUTS(banana), options);
      await resumed.resume(saved);
      expect(resumed.getSamples()).toEqual(whole.getSamples());
      expect(resumed.getExtraFields()).toEqual(whole.getExtraFields());
      expect(resumed.summary()).toEqual(whole.summary());
      const timeless = (mcmc: MCMC) => mcmc.diagnostics().map((chain) => ({ ...chain, wallSeconds: 0, warmupSeconds: 0 }));
      expect(timeless(resumed)).toEqual(timeless(whole));
    }
  });

  test('a finished run can be made longer', async () => {
    const short = new MCMC(new NUTS(banana), { ...options, numSamples: 20, numChains: 2 });
    await short.run();
    const long = new MCMC(new NUTS(banana), options);
    await long.resume(short.checkpoint());
    const whole = new MCMC(new NUTS(banana), options);
    await whole.run();
    expect(long.getSamples()).toEqual(whole.getSamples());
  });

  test('refuse what does not fit', async () => {
    const mcmc = new MCMC(new NUTS(banana), options);
    expect(() => mcmc.checkpoint()).toThrow(/nothing to checkpoint yet/);
    await mcmc.run();
    const checkpoint = mcmc.checkpoint();
    const other = (changed: Partial<McmcOptions>) => new MCMC(new NUTS(banana), { ...options, ...changed });
    await expect(other({ numChains: 2 }).resume(checkpoint)).rejects.toThrow(/has 3 chains, numChains is 2/);
    await expect(other({ numSamples: 10 }).resume(checkpoint)).rejects.toThrow(/has 60 draws of a chain, numSamples is 10/);
    await expect(mcmc.resume({ ...checkpoint, version: 1 as 2 })).rejects.toThrow(/of version 1; this library reads version 2/);
    const wider = new MCMC(new NUTS(standardNormal(3)), options);
    await expect(wider.resume(checkpoint)).rejects.toThrow(/a chain of 2 dimensions: the log density has 3/);
  });
});

describe('a run', () => {
  test('begins where initStrategy says', async () => {
    const stepSize = 1e-12;
    const positions = async (initStrategy: McmcOptions['initStrategy'] & object) => {
      const mcmc = new MCMC(new NUTS(named, { stepSize, maxTreeDepth: 1 }), {
        numSamples: 1, numWarmup: 0, numChains: 2, initStrategy, ...quiet,
      });
      await mcmc.run();
      return [...mcmc.getSamples()['scale']!.data].map((x) => Number(x.toFixed(9)));
    };
    expect(await positions({ position: [Math.log(3), 0, 0, 0, 0, 0, 0] })).toEqual([3, 3]);
    expect(await positions({ values: { scale: 5, w: [[1, 2, 3], [4, 5, 6]] } })).toEqual([5, 5]);
    expect(await positions((_, chain) => [Math.log(chain + 1), 0, 0, 0, 0, 0, 0])).toEqual([1, 2]);
  });

  test('says which coordinate has no gradient where it begins', async () => {
    const bad = density(3, () => 0, () => [0, Number.NaN, 0]);
    await expect(run(bad)).rejects.toThrow(InitialPointError);
    await expect(run(bad)).rejects.toThrow(/cannot find valid initial parameters: the gradient was not finite for q\[1\]/);
  });

  test('says which of several chains finds nowhere to begin', async () => {
    const wrong = { position: [NaN, 0] };
    await expect(run(banana, { initStrategy: wrong })).rejects.toThrow(/^cannot find valid/);
    const failing = run(banana, { numChains: 3, initStrategy: ['uniform', wrong, 'uniform'] });
    await expect(failing).rejects.toThrow(/^chain 1: cannot find valid initial parameters/);
    await expect(failing).rejects.toMatchObject({ name: 'InitialPointError', tries: 1, lastPosition: [NaN, 0] });
  });

  test('without warm-up has all its draws', async () => {
    const mcmc = await run(standardNormal(2), { numWarmup: 0 });
    expect(mcmc.getSamples()['q']!.shape).toEqual([50, 2]);
    expect(mcmc.diagnostics()[0]).toMatchObject({ warmupLeapfrog: 0, warmupSeconds: 0 });
  });

  test('cannot be started twice at once, but again after a failure', async () => {
    const mcmc = new MCMC(new NUTS(banana), { numSamples: 10, numWarmup: 0, ...quiet });
    const first = mcmc.run();
    await expect(mcmc.run()).rejects.toThrow(/already running/);
    await first;
    await expect(mcmc.run(1)).rejects.toThrow(/a log density takes no arguments/);
    expect(() => mcmc.summary()).toThrow(/no finished run/);
    await mcmc.run();
    expect(mcmc.getSamples()['q']!.shape).toEqual([10, 2]);
  });

  test('waits for asynchronous callbacks, and fails when one does', async () => {
    let over = 0;
    const wait = async () => new Promise((resolve) => setTimeout(resolve, 5));
    await run(banana, {
      onDraws: async () => {
        await wait();
        over++;
      },
    });
    expect(over).toBeGreaterThan(0);
    const refuse = async () => {
      await wait();
      throw new Error('disk full');
    };
    await expect(run(banana, { onDraws: refuse })).rejects.toThrow('disk full');
    await expect(run(banana, { onProgress: refuse, numSamples: 1e7 })).rejects.toThrow('disk full');
  });

  test('needs something to sample', async () => {
    await expect(run(standardNormal(0))).rejects.toThrow(/nothing to sample/);
  });
});

describe('diagnostics', () => {
  test('add up what the transitions say', async () => {
    const mcmc = await run(banana, { numChains: 2 });
    const fields = mcmc.getExtraFields({ groupByChain: true });
    const diagnostics = mcmc.diagnostics();
    expect(diagnostics).toHaveLength(2);
    for (const [chain, own] of diagnostics.entries()) {
      const field = (name: keyof typeof fields) => [...fields[name].data.subarray(50 * chain, 50 * (chain + 1))];
      const sum = (values: number[]) => values.reduce((total, x) => total + x, 0);
      expect(own.numLeapfrog).toBe(sum(field('numLeapfrog')));
      expect(own.divergences).toBe(sum(field('divergent')));
      expect(own.acceptProb).toBeCloseTo(sum(field('acceptProb')) / 50, 14);
      expect(own.treeDepth).toBeCloseTo(sum(field('treeDepth')) / 50, 14);
      expect(own.wallSeconds).toBeGreaterThan(own.warmupSeconds);
      expect(own.inverseMassMatrix.kind).toBe('diagonal');
      expect(own.warmupLeapfrog).toBeGreaterThan(50);
      expect(own.eBfmi).toBeGreaterThan(0);
    }
    expect(fields['energy'].shape).toEqual([2, 50]);
  });

  test('a good run has no warnings', async () => {
    const mcmc = await run(standardNormal(3), { numChains: 4, numSamples: 500, numWarmup: 200 });
    expect(mcmc.warnings()).toEqual([]);
  });

  test('far too large a step: every transition diverges, and stays where it was (HMC too)', async () => {
    for (const kernel of [NUTS, HMC]) {
      const mcmc = new MCMC(new kernel(standardNormal(2), { stepSize: 1e4 }), {
        numSamples: 30, numWarmup: 0, seed: 1, ...quiet,
      });
      await mcmc.run();
      expect(mcmc.diagnostics()[0]).toMatchObject({ divergences: 30, acceptProb: 0, stepSize: 1e4 });
      expect(new Set(mcmc.getSamples()['q']!.data).size).toBe(2);
      expect(mcmc.warnings()[0]).toMatch(/^chain 0 \(step size 1.0e\+4\) never moved/);
      expect(mcmc.warnings()[1]).toMatch(/^30 transitions diverged, .*step size given far too large/);
    }
  });

  test('the funnel diverges, and says so; its tails are slow', async () => {
    // A step that suits the mouth of the funnel, and is too large for its neck.
    const kernel = new NUTS(funnel(10), { stepSize: 0.7, adaptStepSize: false, massMatrix: 'identity' });
    const mcmc = new MCMC(kernel, { numSamples: 500, numWarmup: 0, numChains: 2, seed: 1, ...quiet });
    await mcmc.run();
    const divergences = mcmc.diagnostics().map((chain) => chain.divergences);
    expect(Math.max(...divergences)).toBeGreaterThan(0);
    expect(mcmc.warnings().join('\n')).toMatch(/transitions diverged/);
    expect(mcmc.warnings().join('\n')).toMatch(/R-hat|effective sample size|E-BFMI/);
  });

  test('two modes that chains do not leave: R̂ says so', async () => {
    const separate = density(
      1,
      ([x]) => Math.log(Math.exp(-0.5 * (x! - 20) ** 2) + Math.exp(-0.5 * (x! + 20) ** 2)),
      ([x]) => [x! > 0 ? 20 - x! : -20 - x!],
    );
    const initStrategy = (_: unknown, chain: number) => [chain % 2 === 0 ? 19 : -19];
    const mcmc = await run(separate, { numChains: 4, initStrategy });
    expect(mcmc.summary()['q[0]']!.rHat).toBeGreaterThan(1.5);
    expect(mcmc.warnings().join('\n')).toMatch(/R-hat is above 1.01 for q\[0\] \(\d/);
  });

  test('trees cut short are counted', async () => {
    const mcmc = new MCMC(new NUTS(standardNormal(2), { stepSize: 0.01, maxTreeDepth: 3 }), {
      numSamples: 20, numWarmup: 0, seed: 1, ...quiet,
    });
    await mcmc.run();
    expect(mcmc.diagnostics()[0]).toMatchObject({ treeDepthSaturated: 20, treeDepth: 3, numLeapfrog: 140 });
    expect(mcmc.warnings().join('\n')).toMatch(/20 transitions reached maxTreeDepth/);
  });
});

test('formatSummary is an aligned table', async () => {
  const mcmc = await run(named, { numChains: 4, numSamples: 200 });
  const reference = { 'w[0,1]': { mean: 1, sd: 2 } };
  const table = formatSummary(mcmc.summary(), { reference });
  const lines = table.split('\n');
  expect(lines).toHaveLength(8);
  expect(new Set(lines.map((line) => line.trimEnd().length <= lines[0]!.length))).toEqual(new Set([true]));
  expect(lines[0]!.trim().split(/ {2,}/)).toEqual([
    'mean', 'mcse', 'sd', '5%', '50%', '95%', 'ess bulk', 'ess tail', 'r-hat', 'ref mean', 'ref sd', 'off by',
  ]);
  const { mean } = mcmc.summary()['w[0,1]']!;
  const row = lines[3]!.split(/ {2,}/);
  expect(row[0]).toBe('w[0,1]');
  expect(Number(row[1])).toBeCloseTo(mean, 3);
  expect(row.slice(-3)).toEqual(['1.000', '2.000', `${((mean - 1) / 2).toFixed(2)} sd`]);
  expect(lines[1]!.trim()).not.toMatch(/sd$/);
  expect(formatSummary(mcmc.summary())).not.toContain('ref');
});

describe('options are checked', () => {
  test.each<[() => unknown, RegExp]>([
    [() => new NUTS(banana, { stepsize: 1 } as object), /infer.NUTS: unknown option "stepsize". Did you mean "stepSize"/],
    [() => new NUTS(banana, { stepSize: 0 }), /stepSize must be positive and finite, got 0/],
    [() => new NUTS(banana, { targetAcceptProb: 1 }), /targetAcceptProb must lie between 0 and 1, got 1/],
    [() => new NUTS(banana, { maxTreeDepth: 0 }), /maxTreeDepth must be an integer of at least 1/],
    [() => new NUTS(banana, { massMatrix: 'full' as 'dense' }), /massMatrix must be one of .*'dense', 'identity', got 'full'/],
    [() => new NUTS(banana, { engine: 'gpu' as 'auto' }), /engine must be one of 'auto', 'compiled', 'eager', got 'gpu'/],
    [() => new NUTS(banana, { massMatrix: 'identity', inverseMassMatrix: [1, 1] }), /takes no inverseMassMatrix/],
    [() => new HMC(banana, { numSteps: 3, trajectoryLength: 1 }), /numSteps or trajectoryLength, not both/],
    [() => new HMC(banana, { numSteps: 1.5 }), /numSteps must be an integer/],
    [() => new HMC(banana, { trajectoryLength: -1 }), /trajectoryLength must be positive/],
    [() => new MCMC(banana as never, { numSamples: 1 }), /takes a kernel first/],
    [() => new MCMC((() => undefined) as never, { numSamples: 1 }), /takes a kernel first/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, onDraws: 3 } as never), /onDraws must be a function/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, signal: new AbortController() } as never), /signal must be an AbortSignal/],
    [() => new MCMC(new NUTS(banana), {} as McmcOptions), /numSamples must be an integer of at least 1, got undefined/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, numWarmup: -1 }), /numWarmup must be an integer of at least 0/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, numChains: 0 }), /numChains must be an integer of at least 1/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, seed: 0.5 }), /seed must be an integer/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, executor: 'gpu' as 'sequential' }), /executor must be 'auto', .* got 'gpu'/],
    [() => new MCMC(new NUTS(banana), { numSamples: 1, warmup: 3 } as never), /unknown option "warmup"/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });

  test('what is neither model nor density is refused', async () => {
    const mcmc = new MCMC(new NUTS({} as LogDensity), { numSamples: 1, ...quiet });
    await expect(mcmc.run()).rejects.toThrow(/a kernel takes a model .* or a log density/);
  });

  test('an inverse mass matrix that is given is used', async () => {
    const target = gaussian([[1e-8, 0], [0, 1]]);
    const kernel = new NUTS(target, { inverseMassMatrix: [1e8, 1], stepSize: 0.5 });
    const mcmc = new MCMC(kernel, { numSamples: 2000, numWarmup: 0, seed: 1, ...quiet });
    await mcmc.run();
    const { sd } = mcmc.summary()['q[0]']!;
    expect(Math.abs(sd / 1e4 - 1)).toBeLessThan(0.15);
    expect(mcmc.diagnostics()[0]!.inverseMassMatrix).toEqual({ kind: 'diagonal', values: [1e8, 1] });
    const wrong = new MCMC(new NUTS(target, { inverseMassMatrix: [1] }), { numSamples: 1, ...quiet });
    await expect(wrong.run()).rejects.toThrow(/diagonal one for 2 dimensions has 2 values, got 1/);
  });
});
