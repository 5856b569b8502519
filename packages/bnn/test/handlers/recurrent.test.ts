/** @file Flipout of recurrent layers, and what local reparameterisation says of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { optim, ready } from '@tychejs/ppl';
import { handlers, linear } from '../../src/index.ts';
import { FEEDFORWARD, RECURRENT } from '../../src/handlers/operationFilter.ts';
import { CELL_OPERATIONS } from '../../src/lift/operations/recurrent.ts';
import { LAYER_OPERATIONS } from '../../src/lift/operations/table.ts';
import { scramble, wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { MEAN, outputs, pass, posterior, seeded, signsOf, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(() => ready({ backend: 'cpu' }));

const options = { returnSequences: true, recurrentInitializer: 'glorotNormal', biasInitializer: 'ones' } as const;
const of = (layer: unknown): LayersModel => sequential({ layers: [layer as ReturnType<typeof layers.dense>] });

/** Each kind of layer, of so many units. */
const KINDS: [string, (units: number, inputs: number) => LayersModel][] = [
  ['simpleRnn', (units, inputs) => of(layers.simpleRNN({ units, inputShape: [4, inputs], ...options }))],
  ['gru', (units, inputs) => of(layers.gru({ units, inputShape: [4, inputs], ...options }))],
  ['lstm', (units, inputs) => of(layers.lstm({ units, inputShape: [4, inputs], ...options }))],
];

/** A bias has signs of its own where it is an operation of its own; else it goes with its kernel. */
const cases = KINDS.flatMap(([kind, make]) =>
  (['kernel', 'recurrentKernel', 'bias'] as const).filter((role) => role !== 'bias' || kind === 'lstm').map((role) => [kind, role, make] as const),
);

test.each(cases)('flipout of %s: each row has its own signs of the %s, the same at all steps, every way equally often', (kind, role, make) => {
  const net = make(1, 1);
  scramble(net);
  const count = 500;
  const row = [0.6, -0.9, 0.3, 1.2];
  const x = tf.tile(tf.tensor3d([row.map((value) => [value])]), [count, 1, 1]);
  const { output, weights } = pass(net, x, 3, { exposeParameters: [role] });
  const drawn = weights.get(`${kind}1.${role}`)!;
  expect(weights.size).toBe(1);
  // What each choice of signs gives, by tfjs; with one input and one unit there is a sign for each element.
  const own = net.getWeights().map((weight) => tf.clone(weight));
  const outcomes = signsOf(drawn.size).map((signs) => {
    const turned = tf.add(MEAN, tf.mul(tf.sub(drawn, MEAN), tf.reshape(tf.tensor1d(signs), drawn.shape)));
    net.setWeights(own.map((weight, i) => (i === ['kernel', 'recurrentKernel', 'bias'].indexOf(role) ? turned : weight)));
    return values(net.predict(tf.slice(x, 0, 1)) as Tensor);
  });
  const met = outcomes.map(() => 0);
  for (const sequence of output.arraySync() as number[][][]) {
    const nearest = outcomes.findIndex((outcome) => outcome.every((value, t) => Math.abs(value - sequence[t]![0]!) < 1e-5));
    expect(nearest).toBeGreaterThanOrEqual(0);
    met[nearest]!++;
  }
  const share = 1 / outcomes.length;
  for (const times of met) expect(Math.abs(times - count * share)).toBeLessThan(4.5 * Math.sqrt(count * share * (1 - share)));
});

test.each(KINDS)('flipout of %s: rows have the moments that sampling weights gives, and are uncorrelated', (_, make) => {
  const bnn = posterior(make(2, 2));
  const x = tf.tile(wavy([1, 4, 2]), [2, 1, 1]);
  const draw = (seed: number, within: boolean) => {
    const body = () => outputs(bnn, x, 1000);
    return seeded(seed, () => (within ? handlers.flipout().run(body) : body()));
  };
  const [plain, flipped] = [draw(1, false), draw(2, true)].map((drawn) => tf.slice(drawn, [0, 0, 3, 0], [-1, 2, 1, 1]).arraySync() as number[][][][]);
  const spread = (numbers: number[]) => {
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    return { mean, centred: numbers.map((value) => value - mean) };
  };
  const rows = (drawn: number[][][][], row: number) => spread(drawn.map((each) => each[row]![0]![0]!));
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
  const [a, b, reference] = [rows(flipped!, 0), rows(flipped!, 1), rows(plain!, 0)];
  const variance = dot(reference.centred, reference.centred);
  for (const each of [a, b]) {
    expect(Math.abs(each.mean - reference.mean)).toBeLessThan(4.5 * Math.sqrt((2 * variance) / 1000));
    // States are bounded, so that their kurtosis is not above that of normals.
    expect(Math.abs(dot(each.centred, each.centred) / variance - 1)).toBeLessThan(4.5 * Math.sqrt(4 / 1000));
  }
  // Squares of the two rows are related: at most three times the variance of independent ones.
  expect(Math.abs(dot(a.centred, b.centred)) / variance).toBeLessThan(4.5 * Math.sqrt(3 / 1000) + 0.05);
  const same = rows(plain!, 1);
  expect(dot(reference.centred, same.centred) / variance).toBeCloseTo(1, 4);
  expect(warnings()).not.toHaveBeenCalled();
});

test.each(KINDS)('flipout of %s: compiled steps do what eager ones do', async (_, make) => {
  const data = { x: wavy([6, 4, 2]), y: wavy([6, 4, 3], 40) };
  async function train(engine: 'compiled' | 'eager') {
    const bnn = posterior(make(3, 2));
    const { losses } = await seeded(1, () => handlers.flipout().run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.01 }), epochs: 4, engine })));
    bnn.dispose();
    return losses;
  }
  const [compiled, eager] = [await train('compiled'), await train('eager')];
  compiled.forEach((loss, i) => expect(Math.abs(loss / eager[i]! - 1)).toBeLessThan(1e-4));
  expect(warnings()).not.toHaveBeenCalled();
});

test('local reparameterisation leaves recurrent layers alone, and says why', () => {
  const bnn = posterior(KINDS[2]![1](2, 2));
  const x = wavy([3, 4, 2]);
  const local = handlers.localReparameterization;
  expect(values(seeded(1, () => local().run(() => outputs(bnn, x, 1))))).toEqual(values(seeded(1, () => outputs(bnn, x, 1))));
  expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/had no effect: the weights of recurrent layers stay the same over time.*flipout acts on lstm/));
  expect(() => local({ operations: ['lstm'] as never })).toThrow(/some of dense, .*, linear; got "lstm"/);
});

test('handlers know the operations that layers do', () => {
  expect(LAYER_OPERATIONS.map(({ operation }) => operation).toSorted()).toEqual(FEEDFORWARD.filter((name) => name !== 'linear').toSorted());
  expect(CELL_OPERATIONS.map(({ operation }) => operation)).toEqual([...RECURRENT]);
  expect(linear.name).toBe('linear');
});
