/** @file Chains of compiled models in the library's own workers, as built. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, plate, ready, sample } from '../../../../src/index.ts';
import { MCMC, NUTS, type McmcCheckpoint, type McmcOptions } from '../../../../src/infer/mcmc/index.ts';

const COUNTS = [3, 0, 7, 2, 11, 4];

/** Supports of several kinds, special functions, and a site that is computed. */
function counts() {
  const shape = sample('shape', dist.gamma(2, 1));
  const weights = sample('weights', dist.dirichlet([1, 2, 3]));
  const rates = plate('counts', 6, () => {
    const rate = sample('rate', dist.gamma(shape, 0.5));
    sample('count', dist.negativeBinomial(tf.add(rate, 0.1), { probs: 0.4 }), { obs: COUNTS });
    return rate;
  });
  deterministic('total', tf.mul(tf.sum(rates), weights));
}

const options = { numSamples: 50, numWarmup: 60, numChains: 3, seed: 1, progressBar: false } as const;
const sampler = (changed: Partial<McmcOptions>) =>
  new MCMC(new NUTS(counts, { engine: 'compiled' }), { ...options, ...changed });

function said(mcmc: MCMC): unknown {
  const diagnostics = mcmc.diagnostics().map((chain) => ({ ...chain, wallSeconds: 0, warmupSeconds: 0 }));
  return { samples: mcmc.getSamples(), fields: mcmc.getExtraFields(), diagnostics };
}

let here: unknown = null;
beforeAll(async () => {
  await ready({ backend: 'cpu' });
  const mcmc = sampler({ executor: 'sequential' });
  await mcmc.run();
  here = said(mcmc);
});

test('draws in workers are those made here, bit for bit', async () => {
  const mcmc = sampler({ executor: 'workers', numWorkers: 2 });
  await mcmc.run();
  expect(said(mcmc)).toEqual(here);
  expect(Object.fromEntries(Object.entries(mcmc.getSamples()).map(([name, { shape }]) => [name, shape]))).toEqual({
    shape: [150], weights: [150, 3], rate: [150, 6], total: [150, 3],
  });
});

test('a run stopped in workers goes on here, and the other way round, bit for bit', async () => {
  for (const [first, second] of [['workers', 'sequential'], ['sequential', 'workers']] as const) {
    const controller = new AbortController();
    const stopped = sampler({
      executor: first,
      signal: controller.signal,
      onDraws: () => controller.abort(),
    });
    await expect(stopped.run()).rejects.toMatchObject({ name: 'AbortError' });
    const resumed = sampler({ executor: second });
    await resumed.resume(JSON.parse(JSON.stringify(stopped.checkpoint())) as McmcCheckpoint);
    expect(said(resumed)).toEqual(here);
  }
});

test('an eager model is not for workers', async () => {
  const mcmc = new MCMC(new NUTS(counts, { engine: 'eager' }), { ...options, executor: 'workers' });
  await expect(mcmc.run()).rejects.toThrow(/no model on the eager engine/);
});

describe('a program of its own', () => {
  /** Runs `script`, which has `mcmc(executor, options)`, in a Node of its own. */
  function program(script: string) {
    const setup = `
      import { dist, infer, ready, sample } from './dist/index.js';
      await ready({ backend: 'cpu' });
      const model = () => { sample('x', dist.normal(0, 1)); };
      const mcmc = (options) => new infer.MCMC(new infer.NUTS(model, { engine: 'compiled' }), {
        numSamples: 200, numWarmup: 100, numChains: 2, seed: 1, executor: 'workers', ...options,
      });
    `;
    return spawnSync(process.execPath, ['--input-type=module', '-e', setup + script], {
      cwd: join(__dirname, '../../../..'), encoding: 'utf8', timeout: 20_000,
    });
  }

  test('ends by itself after a run in workers', () => {
    const { stdout, stderr, status } = program(`
      const run = mcmc({});
      await run.run();
      console.log(run.getSamples().x.shape.join());
    `);
    expect([stdout, stderr, status]).toEqual(['400\n', '', 0]);
  });

  test('ends by itself after an abort', () => {
    const { stdout, stderr, status } = program(`
      const controller = new AbortController();
      const run = mcmc({ numSamples: 3e6, signal: controller.signal, onDraws: () => controller.abort() });
      await run.run().catch((error) => console.log(error.name, run.checkpoint().chains.length));
    `);
    expect([stdout, stderr, status]).toEqual(['AbortError 2\n', '', 0]);
  });
});
