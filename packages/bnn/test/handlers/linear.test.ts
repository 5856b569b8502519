/** @file `linear(...)` in custom layers and in functions; and operations that handlers leave alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { initializers, input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { LayerVariable, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready, sample } from '@tychejs/ppl';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, handlers, likelihoods, linear, priors } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { scramble, wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { KINDS, inputFor } from './kinds.ts';
import { expectMoments, moments, outputs, posterior, seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(() => ready({ backend: 'cpu' }));

const BOTH = [['localReparameterization', handlers.localReparameterization], ['flipout', handlers.flipout]] as const;

/** A graph convolution: neighbours' features, mixed by the weights (Kipf and Welling, 2017). */
class GraphConvolution extends layers.Layer {
  static className = 'GraphConvolution';
  private kernel!: LayerVariable;
  private bias!: LayerVariable;

  override build([features]: number[][]): void {
    this.kernel = this.addWeight('kernel', [features!.at(-1)!, 2], 'float32', initializers.ones());
    this.bias = this.addWeight('bias', [2], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape([features]: number[][]): number[] {
    return [...features!.slice(0, -1), 2];
  }

  override call([features, adjacency]: Tensor[]): Tensor {
    return tf.matMul(adjacency as Tensor2D, linear(features!, this.kernel.read(), this.bias.read(), { name: this.name }) as Tensor2D);
  }
}

const NODES = 3;
const adjacency = () => tf.tensor2d([[0.5, 0.5, 0], [0.3, 0.4, 0.3], [0, 0.5, 0.5]]);

function graphNet() {
  const [features, edges] = [input({ shape: [2] }), input({ shape: [NODES] })];
  const net = model({ inputs: [features, edges], outputs: new GraphConvolution({}).apply([features, edges]) as SymbolicTensor });
  scramble(net);
  return net;
}

test('a graph convolution is what it computes, and takes part in local reparameterisation', () => {
  const net = graphNet();
  const bnn = posterior(net);
  const x = [wavy([NODES, 2]), adjacency()];
  const drawn = seeded(1, () => handlers.localReparameterization().run(() => outputs(bnn, x, 2000)));
  // Nodes have noise of their own before they are mixed: A (X W + b), with variances A² (X² + 1) s².
  const variance = tf.tidy(() => values(tf.mul(0.09, tf.tile(tf.matMul(tf.square(adjacency()), tf.add(tf.sum(tf.square(x[0]!), 1, true), 1)), [1, 2]))));
  expectMoments(moments(drawn), values(net.predict(x) as Tensor), variance);
  expect(warnings()).not.toHaveBeenCalled();
});

test.each(BOTH)('%s acts on a function of one’s own, with a product of one’s own', (_, handler) => {
  // Each row's inputs times the kernel's diagonal: one weight for each channel.
  const product = (x: Tensor, w: Tensor) => tf.mul(x, w);
  const net = {
    parameters: { w: tf.variable(tf.tensor1d([1, -2])), b: tf.variable(tf.tensor1d([0.5, 0])) },
    forward: (x: Tensor | Tensor[], { w, b }: Readonly<Record<string, Tensor>>) => linear(x as Tensor, w!, b!, { product }),
  };
  const bnn = new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 50)),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 0 }),
    guide: (built, context) => new autoguides.AutoNormal(built, { ...context, initScale: 0.3 }),
  });
  const drawn = seeded(2, () => handler().run(() => outputs(bnn, tf.tensor2d([[1, 2], [1, 2]]), 2000)));
  expectMoments(moments(drawn), [1.5, -4, 1.5, -4], [0.18, 0.45, 0.18, 0.45]);
  const rows = drawn.arraySync() as number[][][];
  expect(rows.filter(([first, second]) => first![0] === second![0]).length).toBeLessThan(handler === handlers.flipout ? 1200 : 5);
});

test('without a handler, and outside of any network, it is the sum', () => {
  tf.tidy(() => {
    const [x, w, b] = [wavy([4, 5, 3]), wavy([3, 2], 7), wavy([2], 9)];
    const expected = tf.add(tf.reshape(tf.matMul(tf.reshape(x, [20, 3]), w as Tensor2D), [4, 5, 2]), b);
    expect(values(linear(x, w, b))).toEqual(values(expected));
    expect(values(linear(x, w, b, { name: 'mine' }))).toEqual(values(expected));
    expect(values(linear(x, w))).toEqual(values(linear(x, w, tf.zeros([2]))));
    const row = wavy([3], 2);
    expect(linear(row, w, b).shape).toEqual([2]);
    expect(values(linear(row, w, b))).toEqual(values(linear(tf.expandDims(row, 0), w, b)));
  });
});

test('says what does not fit', () => {
  const [x, w] = [tf.ones([4, 3]), tf.ones([2, 2])];
  expect(() => linear(x, w, null, { name: 'graph1' })).toThrow(/linear "graph1": an input of shape \[4, 3\] cannot be multiplied with a kernel of shape \[2, 2\]/);
  expect(() => linear([1] as never, w)).toThrow(/the input must be a tensor, got object/);
  expect(() => linear(x, w, null, { names: 'x' } as never)).toThrow(/unknown option "names"/);
});

describe('handlers leave alone what is no independent normal (P46)', () => {
  test.each(KINDS)('%s', (kind, make, shape) => {
    const net = make();
    scramble(net);
    const x = inputFor(kind, [2, ...shape]);
    const expected = values(net.predict(x) as Tensor);
    const bayesian = new BayesianNet(net, priors.iid(dist.normal(0, 1)));
    const weights = Object.fromEntries(bayesian.lifted.parameters.map(({ name, value }) => [name, value()]));
    const delta = new autoguides.AutoDelta(() => bayesian.sampleWeights(), { initLoc: weights, prefix: kind });
    const forward = () => values(bayesian.forward(x, { training: false }) as Tensor);
    for (const [, handler] of BOTH) {
      expect(handler().run(() => effects.condition({ data: weights }).run(forward))).toEqual(expected);
      expect(effects.condition({ data: weights }).run(() => handler().run(forward))).toEqual(expected);
      const byPoints = handler().run(() => {
        const trace = effects.trace(delta as () => unknown).getTrace();
        return effects.replay({ trace }).run(forward);
      });
      expect(byPoints).toEqual(expected);
      const name = kind.split(',')[0]!;
      const others = KINDS.map(([other]) => other.split(',')[0]!).filter((other) => other !== name);
      const unselected = () => handler({ operations: [...new Set(others)] as never }).run(forward);
      expect(seeded(1, unselected)).toEqual(seeded(1, forward));
    }
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/is fixed or observed/));
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/is drawn from delta/));
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/no operation .* ran inside/));
  });
});

test.each(BOTH)('%s: compiled steps do what eager ones do, in layers of all kinds', async (_, handler) => {
  for (const [kind, make, shape] of KINDS.filter(([name]) => ['conv3dTranspose', 'embedding', 'linear, in a custom layer'].includes(name))) {
    const losses = async (engine: 'compiled' | 'eager') => {
      const net = make();
      const bnn = posterior(net);
      const x = inputFor(kind, [4, ...shape]);
      const y = tf.zerosLike(net.predict(x) as Tensor);
      const result = await seeded(1, () => handler().run(() => bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.01 }), epochs: 3, engine })));
      bnn.dispose();
      return result.losses;
    };
    const [compiled, eager] = [await losses('compiled'), await losses('eager')];
    compiled.forEach((loss, i) => expect(Math.abs(loss / eager[i]! - 1)).toBeLessThan(1e-4));
  }
});

test('an index that repeats has draws of its own under local reparameterisation, and the same row under flipout', () => {
  const bnn = posterior(sequential({ layers: [layers.embedding({ inputDim: 3, outputDim: 2, inputLength: 2 })] }));
  const pairs = (handler: (typeof BOTH)[number][1]) => seeded(3, () => handler().run(() => outputs(bnn, tf.ones([4, 2]), 1))).arraySync() as number[][][][];
  const differ = (found: number[][][][]) => found[0]!.filter(([first, second]) => first!.join() !== second!.join()).length;
  expect(differ(pairs(handlers.localReparameterization))).toBe(4);
  expect(differ(pairs(handlers.flipout))).toBe(0);
});

test('composes with selective handlers, which act on sites and not on operations', () => {
  const x = wavy([3, 2]);
  const kernel = () => sample('w', dist.normal(0, 1).expand([2, 2]).toEvent(2));
  const run = () => linear(x, kernel());
  for (const [, handler] of BOTH) {
    const plain = values(seeded(4, () => handler().run(run)));
    for (const selective of [handlers.selectiveMask({ mask: tf.scalar(false, 'bool'), expose: ['w'] }), handlers.selectiveScale({ scale: 0.5, expose: ['w'] })]) {
      expect(values(seeded(4, () => selective.run(() => handler().run(run))))).toEqual(plain);
      expect(values(seeded(4, () => handler().run(() => selective.run(run))))).toEqual(plain);
    }
  }
  expectNoLeak(() => tf.tidy(() => void seeded(4, () => handlers.flipout().run(run))));
  expect(warnings()).not.toHaveBeenCalled();
});
