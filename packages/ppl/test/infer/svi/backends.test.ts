/** @file The same steps on every backend: a small Bayesian network, trained with each loss. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, getParamStore, guides, handlers, infer, optim, plate, ready, sample } from '@tychejs/ppl';
import { BACKENDS } from '../../helpers/backends.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

jest.setTimeout(60_000);

const weights = (name: string, shape: number[]): Tensor => sample(name, dist.normal(0, 1).expand(shape).toEvent(shape.length));

function network(): void {
  const x = tf.tensor2d(Float32Array.from({ length: 12 }, (_, i) => i / 6 - 1), [12, 1]);
  const hidden = tf.tanh(tf.add(tf.matMul(x, weights('w1', [1, 5])), weights('b1', [5])));
  const mean = tf.matMul(hidden, weights('w2', [5, 1]));
  const noise = sample('noise', dist.gamma(2, 2));
  plate('data', 12, { subsampleSize: 6 }, (indices) => {
    const target = tf.gather(tf.sin(tf.mul(x, 3)), indices);
    sample('y', dist.normal(tf.gather(mean, indices), noise).toEvent(1), { obs: target });
  });
}

async function train(backend: (typeof BACKENDS)[number], loss: 'TraceELBO' | 'TraceMeanFieldELBO'): Promise<number[]> {
  await ready({ backend });
  getParamStore().clear();
  const guide = new guides.AutoNormal(network, { initScale: 0.2 });
  const svi = new infer.SVI<[]>({ model: network, guide, optim: optim.adam({ lr: 0.02 }), loss: new infer[loss]({ numParticles: 2 }) });
  return handlers.seed({ seed: 1 }).run(async () => {
    const first = await svi.step();
    const { losses } = await expectNoLeak(() => svi.run({ steps: 8 }));
    return [first, ...losses];
  });
}

test.each(['TraceELBO', 'TraceMeanFieldELBO'] as const)('%s', async (loss) => {
  const runs: number[][] = [];
  for (const backend of BACKENDS) runs.push(await train(backend, loss));
  getParamStore().clear();
  const [cpu, ...rest] = runs;
  for (const losses of rest) losses.forEach((value, i) => expect(Math.abs(value / cpu![i]! - 1)).toBeLessThan(1e-3));
});
