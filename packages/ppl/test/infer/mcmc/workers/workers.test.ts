/** @file Chains in workers, on densities that stand in for compiled programs. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ChainError,
  HMC,
  MCMC,
  NUTS,
  WorkerStartError,
  type DrawBatch,
  type McmcCheckpoint,
  type McmcOptions,
  type McmcProgress,
} from '../../../../src/infer/mcmc/index.ts';
import type { LogDensity } from '../../../../src/infer/mcmc/logDensity.ts';
import type * as target from '../../../../src/infer/mcmc/target.ts';
import { standIn } from './standIn.js';

/** How many workers have been started, and what file they run. */
const mockWorkers = { started: 0, alive: 0, file: 'standInWorker.js' };

jest.mock('node:worker_threads', () => {
  const actual = jest.requireActual<typeof import('node:worker_threads')>('node:worker_threads');
  class Worker extends actual.Worker {
    constructor() {
      super(pathToFileURL(join(__dirname, mockWorkers.file)), { resourceLimits: { maxOldGenerationSizeMb: 40 } });
      mockWorkers.started++;
      mockWorkers.alive++;
      this.on('exit', () => mockWorkers.alive--);
    }
  }
  return { ...actual, Worker };
});

/** Log densities with a `standIn` are sent to workers by that name. */
jest.mock('../../../../src/infer/mcmc/target.ts', () => {
  const actual = jest.requireActual<typeof target>('../../../../src/infer/mcmc/target.ts');
  return {
    ...actual,
    resolveTarget: async (density: LogDensity & { standIn?: string }, ...rest: unknown[]) => {
      const resolved = await actual.resolveTarget(density, ...(rest as [[], never]));
      if (density.standIn === undefined) return resolved;
      const toWorker = () => ({ density: new TextEncoder().encode(density.standIn), constrain: new Uint8Array(0), layout: [] });
      return { ...resolved, toWorker };
    },
  };
});

beforeEach(() => {
  mockWorkers.started = 0;
  mockWorkers.file = 'standInWorker.js';
});
afterEach(async () => {
  for (let i = 0; i < 100 && mockWorkers.alive > 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(mockWorkers.alive).toBe(0);
});

function density(name: string): LogDensity {
  const { density: own, constrain } = standIn(name, false);
  return { ...own, constrain, standIn: name } as LogDensity;
}

const options = { numSamples: 60, numWarmup: 40, numChains: 4, seed: 1, progressBar: false } as const;

function sampler(name: string, changed: Partial<McmcOptions> = {}): MCMC {
  return new MCMC(new NUTS(density(name)), { ...options, executor: 'workers', ...changed });
}

async function run(name: string, changed: Partial<McmcOptions> = {}): Promise<MCMC> {
  const mcmc = sampler(name, changed);
  await mcmc.run();
  return mcmc;
}

/** All that a run says, but for times. */
function said(mcmc: MCMC): unknown {
  const diagnostics = mcmc.diagnostics().map((chain) => ({ ...chain, wallSeconds: 0, warmupSeconds: 0 }));
  return { samples: mcmc.getSamples(), fields: mcmc.getExtraFields(), summary: mcmc.summary(), diagnostics };
}

describe('draws', () => {
  test('are the same bit for bit, whatever runs the chains', async () => {
    const here = said(await run('normals', { executor: 'sequential' }));
    expect(mockWorkers.started).toBe(0);
    for (const numWorkers of [1, 2, 3, 7]) {
      mockWorkers.started = 0;
      expect(said(await run('normals', { numWorkers }))).toEqual(here);
      expect(mockWorkers.started).toBe(Math.min(numWorkers, 4));
    }
  });

  test('of other kernels and with thinning too', async () => {
    for (const kernel of [
      new NUTS(density('normals'), { massMatrix: 'dense', maxTreeDepth: 2, targetAcceptProb: 0.9 }),
      new HMC(density('normals'), { numSteps: 3, stepSize: 0.5 }),
    ]) {
      const results = [];
      for (const executor of ['sequential', 'workers'] as const) {
        const mcmc = new MCMC(kernel, { ...options, numSamples: 61, thinning: 3, executor });
        await mcmc.run();
        results.push(said(mcmc));
      }
      expect(results[1]).toEqual(results[0]);
    }
  });

  test('come to onDraws in batches that add up to the samples', async () => {
    for (const executor of ['sequential', 'workers'] as const) {
      const batches: DrawBatch[] = [];
      const mcmc = await run('slow', { executor, thinning: 2, onDraws: (batch) => batches.push(batch) });
      const samples = mcmc.getSamples({ groupByChain: true });
      expect(samples['rest']!.shape).toEqual([4, 30, 2]);
      for (let chain = 0; chain < 4; chain++) {
        const own = batches.filter((batch) => batch.chain === chain);
        let next = 0;
        for (const { first, count, sites } of own) {
          expect(first).toBe(next);
          next += count;
          expect(sites['scale']!.shape).toEqual([count]);
          expect(sites['rest']!.shape).toEqual([count, 2]);
        }
        const drawn = own.flatMap(({ sites }) => [...sites['rest']!.data]);
        expect(drawn).toEqual([...samples['rest']!.data.subarray(60 * chain, 60 * (chain + 1))]);
      }
    }
  });
});

describe("the executor 'auto'", () => {
  test('starts no workers for what is done before they would be', async () => {
    // A clock that stands still: a busy machine must not make a short run a long one.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    await run('normals', { executor: 'auto', numSamples: 20, numWarmup: 5 });
    clock.mockRestore();
    expect(mockWorkers.started).toBe(0);
  });

  test('begins here and moves to workers where they pay: the same draws', async () => {
    const long = { numSamples: 700, numWorkers: 2 };
    const there = await run('slow', { ...long, executor: 'auto' });
    expect(mockWorkers.started).toBe(2);
    expect(said(there)).toEqual(said(await run('normals', { ...long, executor: 'sequential' })));
  });

  const { standIn: _, ...unsendable } = density('slow') as LogDensity & { standIn: string };
  test.each<[string, LogDensity, Partial<McmcOptions>, number]>([
    ['two, where there are chains enough', density('slow'), {}, 2],
    ['none for one chain', density('slow'), { numChains: 1 }, 0],
    ['none where there is to be one', density('slow'), { numWorkers: 1 }, 0],
    ['none for a density that cannot be sent', unsendable, {}, 0],
    ["none when the executor is 'sequential'", density('slow'), { executor: 'sequential' }, 0],
  ])('starts %s', async (__, target, changed, expected) => {
    // A run of half a minute. Workers that are expected may take their time; that none come is seen in a third of a second.
    const patience = expected > 0 ? 20_000 : 300;
    const controller = new AbortController();
    const begin = performance.now();
    const onProgress = (): void => {
      if (mockWorkers.started > 0 || performance.now() - begin > patience) controller.abort();
    };
    const { signal } = controller;
    const mcmc = new MCMC(new NUTS(target), { ...options, numSamples: 50_000, numWorkers: 2, signal, onProgress, ...changed });
    await expect(mcmc.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(mockWorkers.started).toBe(expected);
  });

  test('goes on here, with a warning, where no worker starts', async () => {
    mockWorkers.file = 'missing.js';
    const warning = jest.spyOn(console, 'warn').mockReturnValue();
    const there = await run('slow', { numSamples: 700, numWorkers: 2, executor: 'auto' });
    expect(warning.mock.calls.flat().join()).toMatch(/a worker could not be started: .*missing.js.*one after another/s);
    warning.mockRestore();
    expect(there.getSamples()['scale']!.shape).toEqual([2800]);
  });
});

describe('workers that are asked for and cannot be had', () => {
  test('because the density is JavaScript', async () => {
    const { standIn: _, ...unsendable } = density('normals') as LogDensity & { standIn: string };
    const mcmc = new MCMC(new NUTS(unsendable), { ...options, executor: 'workers' });
    await expect(mcmc.run()).rejects.toThrow(/executor 'workers': only a compiled model can be sent/);
  });

  test('because the kernel is not of this library', async () => {
    const kernel = new NUTS(density('normals'));
    const own = { target: kernel.target, settings: kernel.settings, bind: kernel.bind.bind(kernel) };
    await expect(new MCMC(own, { ...options, executor: 'workers' }).run()).rejects.toThrow(/no kernels but NUTS and HMC/);
  });

  test('because they do not start', async () => {
    mockWorkers.file = 'missing.js';
    const mcmc = sampler('normals');
    await expect(mcmc.run()).rejects.toThrow(WorkerStartError);
    expect(mcmc.checkpoint().chains).toHaveLength(4);
  });
});

describe('a chain that fails', () => {
  // Chain 2 fails; see the stand-ins.
  const begin = (first: number) => ({ position: [first, 0, 0] });
  const changed = { numSamples: 300, initStrategy: [begin(0), begin(1), begin(1001), begin(2)] };

  test.each([
    ['throws', /^chain 2 failed after \d+ of 340 transitions: beyond the edge\. /],
    ['exits', /^chain 2 failed after \d+ of 340 transitions: its worker exited with code 3\. /],
    ['outOfMemory', /^chain 2 failed after \d+ of 340 transitions: .*memory.*\. /],
  ])('because its density %s: it is named, and the others are kept', async (name, message) => {
    const mcmc = sampler(name, { ...changed, numWorkers: 2 });
    const error = await mcmc.run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ChainError);
    const { chain, state, cause, message: text } = error as ChainError;
    expect(text).toMatch(message);
    expect(chain).toBe(2);
    expect(text).toContain((cause as Error).message);
    expect(state).toEqual(mcmc.checkpoint().chains[chain]!.state);

    const survivors = mcmc.diagnostics().map((own) => own.chain);
    expect(survivors).toEqual([0, 1, 3]);
    expect(text).toContain('getSamples() and all else has the draws of chains 0, 1, 3. checkpoint() has all');
    const whole = await run('normals', { ...changed, executor: 'sequential' });
    const samples = mcmc.getSamples({ groupByChain: true });
    expect(samples['rest']!.shape).toEqual([3, 300, 2]);
    const wanted = whole.getSamples()['rest']!.data;
    survivors.forEach((survivor, i) => {
      expect(samples['rest']!.data.slice(600 * i, 600 * (i + 1))).toEqual(wanted.slice(600 * survivor, 600 * (survivor + 1)));
    });
    expect(mcmc.getExtraFields()['energy'].shape).toEqual([900]);

    // Where the density does not fail, the run can be completed.
    const resumed = sampler('normals', { ...changed, executor: 'sequential' });
    await resumed.resume(JSON.parse(JSON.stringify(mcmc.checkpoint())) as McmcCheckpoint);
    expect(said(resumed)).toEqual(said(whole));
  });

  test('here, too', async () => {
    const mcmc = sampler('throws', { ...changed, executor: 'sequential' });
    await expect(mcmc.run()).rejects.toThrow(/^chain 2 failed after \d+ of 340 transitions: beyond the edge\. /);
    expect(mcmc.diagnostics()).toHaveLength(3);
  });

  test('because its program is corrupt', async () => {
    const mcmc = sampler('unloadable', { numWorkers: 1 });
    await expect(mcmc.run()).rejects.toThrow(/^chain 0 failed after 0 of 100 transitions: a corrupt program. So did chains 1, 2, 3/);
    expect(() => mcmc.getSamples()).toThrow(/no finished run/);
  });
});

describe('stopping', () => {
  test('an abort stops workers in the middle of a transition, and the run can be resumed elsewhere', async () => {
    const whole = said(await run('normals', { numSamples: 100, executor: 'sequential' }));
    for (const executor of ['sequential', 'workers'] as const) {
      const controller = new AbortController();
      let abortedAt = Infinity;
      const aborted = sampler('slow', {
        numSamples: 100,
        numWorkers: 2,
        signal: controller.signal,
        onProgress: ({ chain, phase }) => {
          if (chain !== 1 || phase !== 'sample') return;
          abortedAt = performance.now();
          controller.abort();
        },
      });
      await expect(aborted.run()).rejects.toMatchObject({ name: 'AbortError' });
      // Well under a millisecond, but for what else the machine does.
      expect(performance.now() - abortedAt).toBeLessThan(250);
      const checkpoint = JSON.parse(JSON.stringify(aborted.checkpoint())) as McmcCheckpoint;
      const iterations = checkpoint.chains.map(({ state }) => state.iteration);
      expect(iterations[1]).toBeGreaterThan(40);
      expect(Math.min(...iterations)).toBeLessThan(140);

      const resumed = sampler('slow', { numSamples: 100, executor });
      await resumed.resume(checkpoint);
      expect(said(resumed)).toEqual(whole);
    }
  });

  test('an abort does not wait for a slow transition', async () => {
    const controller = new AbortController();
    const aborted = new MCMC(new NUTS(density('verySlow'), { stepSize: 0.01 }), {
      ...options, executor: 'workers', signal: controller.signal, numChains: 1, initStrategy: 'zero', numWarmup: 0,
    });
    const going = aborted.run();
        const began = performance.now();
    // By now the worker is in its first transition, which would take more than a minute; one evaluation was made here.
    setTimeout(() => controller.abort(new Error('enough')), 700);
    await expect(going).rejects.toThrow('enough');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('an error of a callback stops all workers', async () => {
    for (const callback of ['onProgress', 'onDraws'] as const) {
      const mcmc = sampler('slow', {
        [callback]: () => {
          throw new Error('the disk is full');
        },
      });
      await expect(mcmc.run()).rejects.toThrow('the disk is full');
    }
  });
});

test('progress tells of every chain, and is shown in one line', async () => {
  const events: McmcProgress[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await run('normals', { onProgress: (event) => events.push(event), progressBar: true });
  const lines = write.mock.calls.map(([text]) => String(text));
  write.mockRestore();
  for (let chain = 0; chain < 4; chain++) {
    const ends = events.filter((event) => event.chain === chain && event.iteration === event.total);
    expect(ends).toMatchObject([
      { phase: 'warmup', total: 40, numChains: 4 },
      { phase: 'sample', total: 60, numChains: 4 },
    ]);
    for (const { acceptProb, stepSize } of ends) {
      expect(acceptProb).toBeGreaterThan(0.3);
      expect(acceptProb).toBeLessThanOrEqual(1);
      expect(stepSize).toBeGreaterThan(0);
    }
  }
  expect(lines.length).toBeLessThanOrEqual(4);
  expect(lines.at(-1)).toMatch(/^4 chains 100 % \(400\/400\), step [\d.]+, accept 0\.\d+, divergences 0\n$/);
});
