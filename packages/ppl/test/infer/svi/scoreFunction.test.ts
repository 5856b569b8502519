/** @file Gradients by the score function against exact ones, got by going through all outcomes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, getParamStore, handlers, infer, param, plate, ready, sample } from '@tychejs/ppl';
import type { Distribution } from '../../../src/distributions/distribution.ts';
import { gradient as slopes } from '../../helpers/finiteDifference.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, expectMean, logNormal } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logBernoulli = (x: number, probability: number): number => Math.log(x === 1 ? probability : 1 - probability);

const LOSSES = ['TraceELBO', 'TraceGraphELBO'] as const;

describe.each(LOSSES)('%s: a switch outside of a plate of switches', (objective) => {
  const PRIOR = 0.3;
  const data = [0.4, -1.2];
  const start = [0.3, -0.5, 0.8]; // the logits of the switch, and of those in the plate

  interface Variant {
    /** The elements that the plate takes; all of them by default. */
    readonly subsample?: number[];
    readonly mask?: boolean[];
    /** Whether the mask is around the latent sites only, so that data still tell of them. */
    readonly isMaskOfLatents?: boolean;
  }

  function programs({ subsample = [0, 1], mask, isMaskOfLatents = false }: Variant): [model: () => void, guide: () => void] {
    const masked = <R>(isHere: boolean, body: () => R): R =>
      mask === undefined || !isHere ? body() : handlers.mask({ mask: tf.tensor1d(mask, 'bool') }).run(body);
    const items = (body: (indices: tf.Tensor1D) => unknown): unknown =>
      masked(!isMaskOfLatents, () => plate('items', 2, { subsample }, body));
    const latent = (distribution: Distribution): Tensor => masked(isMaskOfLatents, () => sample('z', distribution));
    const model = (): void => {
      const s = sample('s', dist.bernoulli({ probs: 0.4 }));
      items((indices) => {
        const z = latent(dist.bernoulli({ probs: PRIOR }));
        sample('x', dist.normal(tf.add(tf.mul(z, 2), s), 1), { obs: tf.gather(tf.tensor1d(data), indices) });
      });
    };
    const guide = (): void => {
      sample('s', dist.bernoulli({ logits: param('switch', tf.scalar(start[0]!)) }));
      items(() => latent(dist.bernoulli({ logits: param('logits', tf.tensor1d(start.slice(1)), { eventDim: 0 }) })));
    };
    return [model, guide];
  }

  /** -ELBO as a function of the logits, by all outcomes; weights scale the elements of the plate: data, and divergences. */
  function exact([s, ...z]: number[], weights: readonly number[] = [1, 1], latentWeights: readonly number[] = weights): number {
    let sum = 0;
    for (const on of [0, 1]) {
      const outer = Math.exp(logBernoulli(on, sigmoid(s!)));
      sum += outer * (logBernoulli(on, sigmoid(s!)) - logBernoulli(on, 0.4));
      z.forEach((logit, i) => {
        for (const value of [0, 1]) {
          const inner = logBernoulli(value, sigmoid(logit));
          const gain = weights[i]! * logNormal(data[i]!, 2 * value + on, 1);
          sum += outer * Math.exp(inner) * (latentWeights[i]! * (inner - logBernoulli(value, PRIOR)) - gain);
        }
      });
    }
    return sum;
  }

  /** Loss and gradients as expected over what the guide draws: every outcome, weighed by its probability. */
  function expectation(variant: Variant): number[] {
    const [model, guide] = programs(variant);
    const { subsample = [0, 1] } = variant;
    const total = [0, 0, 0, 0];
    for (const s of [0, 1]) {
      for (const z of subsample.length === 1 ? [[0], [1]] : [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const weight = z.reduce((p, value, i) => p + logBernoulli(value, sigmoid(start[1 + subsample[i]!]!)), logBernoulli(s, sigmoid(start[0]!)));
        const drawn = handlers.substitute({ data: { s, z } });
        const { loss, gradients } = drawn.run(() => estimate(new infer[objective](), model, guide, 1));
        [loss, ...gradients['switch']!, ...gradients['logits']!].forEach((value, i) => (total[i]! += Math.exp(weight) * value));
      }
    }
    return total;
  }

  function expectClose(actual: readonly number[], expected: readonly number[]): void {
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
  }

  test('loss and gradients are right in expectation', () => {
    expectClose(expectation({}), [exact(start), ...slopes((at) => exact(at), start)]);
  });

  test('also with a mask', () => {
    const weights = [1, 0];
    const expected = [exact(start, weights), ...slopes((at) => exact(at, weights), start)];
    expectClose(expectation({ mask: [true, false] }), expected);
  });

  test('also with a mask around the latent sites alone: the draw still decides what the data say', () => {
    const at = (logits: number[]): number => exact(logits, [1, 1], [1, 0]);
    expectClose(expectation({ mask: [true, false], isMaskOfLatents: true }), [at(start), ...slopes(at, start)]);
  });

  test('also with a plate that takes one element at a time', () => {
    const [first, second] = [[0], [1]].map((subsample) => expectation({ subsample }));
    expectClose(first!.map((value, i) => (value + second![i]!) / 2), [exact(start), ...slopes((at) => exact(at), start)]);
  });

  test('scale enters once: it multiplies loss and gradients, for the same draws', () => {
    const [model, guide] = programs({});
    const plain = estimate(new infer[objective](), model, guide, 5);
    const scaled = handlers.scale({ scale: 3 }).run(() => estimate(new infer[objective](), model, guide, 5));
    const flat = ({ loss, gradients }: typeof plain): number[] => [loss, ...gradients['switch']!, ...gradients['logits']!];
    expectClose(flat(scaled), flat(plain).map((value) => 3 * value));
  });

  test('no tensors are left', () => {
    const [model, guide] = programs({ mask: [true, false] });
    estimate(new infer[objective](), model, guide, 1);
    expectNoLeak(() => estimate(new infer[objective](), model, guide, 1));
  });
});

test.each(LOSSES)('%s: an element of a plate does not hear of the others', (objective) => {
  const programs = (other: number): [() => void, () => void] => [
    () => plate('items', 2, () => {
      const z = sample('z', dist.bernoulli({ probs: 0.5 }));
      sample('x', dist.normal(z, 1), { obs: [0.3, other] });
    }),
    () => {
      const logits = param('logits', tf.tensor1d([0.1, 0.2]));
      plate('items', 2, () => sample('z', dist.bernoulli({ logits })));
    },
  ];
  const [near, far] = [0.3, 100].map((other) => estimate(new infer[objective](), ...programs(other), 2).gradients['logits']!);
  expect(near![0]).toBe(far![0]);
  expect(near![1]).not.toBeCloseTo(far![1]!, 0);
});

test.each(LOSSES)('%s: the gradient of one draw is (log q - log p) ∇ log q, and nothing else', (objective) => {
  const model = (): Tensor => sample('z', dist.bernoulli({ probs: 0.3 }));
  const guide = (): Tensor => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0.4)) }));
  for (const z of [0, 1]) {
    const { gradients } = handlers.substitute({ data: { z } }).run(() => estimate(new infer[objective](), model, guide, 1));
    const q = sigmoid(0.4);
    expect(gradients['logit']![0]).toBeCloseTo((logBernoulli(z, q) - logBernoulli(z, 0.3)) * (z - q), 5);
  }
});

test.each(LOSSES)('%s: score function and reparameterisation in one guide', (objective) => {
  // A coin z, and w ~ N(m, s) whose prior is N(z, 1): E log N(w; z, 1) = -((m - z)² + s²) / 2 - log √(2π).
  const model = (): void => {
    const z = sample('z', dist.bernoulli({ probs: 0.3 }));
    sample('w', dist.normal(z, 1));
  };
  const guide = (): void => {
    const z = sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0.4)) }));
    sample('w', dist.normal(tf.add(param('m', tf.scalar(0.7)), tf.mul(z, 0.5)), tf.exp(param('logS', tf.scalar(-0.3)))));
  };
  const exact = ([logit, m, logS]: number[]): number => {
    let sum = 0;
    for (const z of [0, 1]) {
      const q = logBernoulli(z, sigmoid(logit!));
      const entropy = logS! + 0.5 + 0.5 * Math.log(2 * Math.PI);
      const crossEntropy = ((m! + 0.5 * z - z) ** 2 + Math.exp(2 * logS!)) / 2 + 0.5 * Math.log(2 * Math.PI);
      sum += Math.exp(q) * (q - logBernoulli(z, 0.3) - entropy + crossEntropy);
    }
    return sum;
  };
  const expected = slopes(exact, [0.4, 0.7, -0.3]);
  const loss = new infer[objective]();
  const found = Array.from({ length: 250 }, (_, seed) => estimate(loss, model, guide, seed).gradients);
  ['logit', 'm', 'logS'].forEach((name, i) => expectMean(found.map((gradients) => gradients[name]![0]!), expected[i]!));
});
