/** @file One task after another: the posterior of one is the prior of the next. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import { VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { exactPosterior, line, lineData } from './helpers/linearRegression.ts';
import { scramble, wavy } from './helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const standard = priors.iid(dist.normal(0, 1));
const noise = () => likelihoods.homoskedasticGaussian({ scale: 0.5 });
const values = (tensor: Tensor) => [...tensor.dataSync()];

test('three tasks of one line, one after the other, are learnt as all at once', async () => {
  // Inputs with orthogonal columns: the posterior is then mean-field itself.
  const tasks = [[1, 2], [3, 0.5], [-1, 3]].map(([a, b]) => ({ x: tf.tensor2d([[2, 0], [0, 1]]), y: tf.tensor2d([[a!], [b!]]) }));
  const whole = { x: tf.concat(tasks.map(({ x }) => x)), y: tf.concat(tasks.map(({ y }) => y)) };
  const bnn = new VariationalBNN({ net: line(2), prior: standard, likelihood: noise(), guide: guides.autoNormal({ initLoc: 0, initScale: 0.2 }) });
  for (const [i, task] of tasks.entries()) {
    const cooling = optim.schedule(optim.adam({ lr: 0.1 }), { decaySteps: 400 });
    await seeded(i, () => bnn.fit(task, { optim: cooling, epochs: 400, numParticles: 2 }));
    bnn.posteriorAsPrior();
  }
  // Learning from the last task alone would be off by 0.96 and 0.7, and in the deviations by 0.1 and 0.17.
  const exact = exactPosterior(whole, 0.5);
  const posterior = bnn.guide!.getDetachedDistributions()['dense1.kernel']!;
  values(posterior.mean).forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(0.05));
  values(posterior.variance).forEach((variance, i) => expect(Math.abs(Math.sqrt(variance) - exact.precision[i]![i]! ** -0.5)).toBeLessThan(0.03));
  bnn.dispose();
});

const heads = () => {
  const net = sequential({ layers: [layers.dense({ name: 'body', units: 4, inputShape: [2], activation: 'tanh' }), layers.dense({ name: 'head', units: 1 })] });
  scramble(net);
  return new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 1), { hideLayers: ['head'] }),
    likelihood: likelihoods.bernoulli(),
    guide: guides.autoNormal({ initScale: 0.02 }),
  });
};

test('the posterior that has become the prior is no distance away; its tensors are freed', async () => {
  const bnn = heads();
  const [x, y] = [wavy([8, 2]), tf.tensor2d([0, 1, 1, 0, 1, 0, 1, 1], [8, 1])];
  const adam = optim.adam({ lr: 0.05 });
  await bnn.fit({ x, y }, { optim: adam, epochs: 20 });
  expectNoLeak(() => tf.tidy(() => bnn.posteriorAsPrior()), 4);
  expectNoLeak(() => bnn.posteriorAsPrior());
  // What is left of the loss is the data's: there is no divergence.
  const lossWith = async (prior: boolean) => {
    if (!prior) bnn.updatePrior(priors.iid(dist.normal(0, 1), { hideLayers: ['head'] }));
    const { losses } = await seeded(1, () => bnn.fit({ x, y }, { optim: optim.sgd({ lr: 1e-30 }), epochs: 1 }));
    return losses[0]!;
  };
  const dataOnly = await lossWith(true);
  const predicted = seeded(1, () => bnn.evaluate(x, y, { numSamples: 1000 })).logLikelihood;
  expect(Math.abs(dataOnly + 8 * predicted)).toBeLessThan(0.3);
  expect(await lossWith(false)).toBeGreaterThan(dataOnly + 10);
  const before = tf.memory().numTensors;
  bnn.posteriorAsPrior();
  bnn.dispose();
  expect(tf.memory().numTensors).toBeLessThan(before - 4);
});

test('heads belong to their tasks, and change places in the parameter store', async () => {
  const bnn = heads();
  const names = ['head.kernel', 'head.bias'];
  const x = wavy([30, 2]);
  const tasks = [tf.cast(tf.greater(tf.sum(x, 1, true), 0), 'float32'), tf.cast(tf.greater(tf.prod(x, 1, true), 0), 'float32')];
  const fresh = names.map((name) => tf.clone(bnn.paramStore.get(name)));
  const learnt: Tensor[][] = [];
  const use = (head: Tensor[]): void => names.forEach((name, i) => bnn.paramStore.set(name, head[i]!));
  for (const y of tasks) {
    use(fresh);
    await seeded(1, () => bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.05 }), epochs: 150 }));
    bnn.posteriorAsPrior();
    learnt.push(names.map((name) => tf.clone(bnn.paramStore.get(name))));
  }
  const errors = tasks.map((y, i) => {
    use(learnt[i]!);
    return bnn.evaluate(x, y, { numSamples: 32 }).error;
  });
  expect(errors[0]).toBeLessThan(0.15);
  // With the other's head, the first task is guesswork.
  use(learnt[1]!);
  expect(bnn.evaluate(x, tasks[0]!, { numSamples: 32 }).error).toBeGreaterThan(0.25);
  bnn.dispose();
});

test('so may AutoDiagonalNormal', () => {
  const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: noise(), guide: autoguides.AutoDiagonalNormal });
  expectNoLeak(() => bnn.posteriorAsPrior(), 2);
  bnn.dispose();
});

test('with a guide of correlated weights, two parts of the data are learnt as all of them', async () => {
  const whole = lineData(40, 0.5);
  const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: noise(), guide: autoguides.AutoMultivariateNormal });
  for (const start of [0, 20]) {
    const [x, y] = [whole.x, whole.y].map((all) => tf.slice(all, [start, 0], [20, -1])) as [Tensor, Tensor];
    const cooling = optim.schedule(optim.adam({ lr: 0.05 }), { decaySteps: 400 });
    await seeded(start, () => bnn.fit({ x, y }, { optim: cooling, epochs: 400, numParticles: 2 }));
    bnn.posteriorAsPrior();
  }
  // The second part alone would be off by 0.17 in the last of them.
  const exact = exactPosterior(whole, 0.5);
  const { 'dense1.kernel': median } = (bnn.guide as unknown as autoguides.AutoMultivariateNormal<[]>).median();
  values(median!).forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(0.04));
  bnn.dispose();
});

test.each([[null], [autoguides.AutoDelta]])('a guide that cannot be a prior is refused', (guide) => {
  const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: noise(), guide: guide as never });
  expectNoLeak(() => expect(() => bnn.posteriorAsPrior()).toThrow(/bnn\.posteriorAsPrior: this network has no guide with a distribution for each weight by itself.*autoNormal/));
  bnn.dispose();
});
