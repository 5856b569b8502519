/** @file The same network made Bayesian: five lines, and what is asked of the result. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, optim, setSeed } from '@tychejs/ppl';
import { guides, handlers, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';
import type { Band } from '../plots/functionBand.ts';
import { columns, inMilesPerGallon, milesPerGallon, type CarsData, type Score } from './carsData.ts';
import { network } from './network.ts';

export interface BayesianFit {
  readonly score: Score;
  /** The posterior's mean, some draws from it, and the bands where half and 95 % of new cars are expected: on the grid. */
  readonly mean: readonly number[];
  readonly functions: readonly (readonly number[])[];
  readonly bands: readonly Band[];
  /** The fractions of the held-out cars in those bands. */
  readonly coverage: { readonly half: number; readonly most: number };
  /** The loss of each step. */
  readonly losses: readonly number[];
}

export interface BayesianSettings {
  readonly steps: number;
  readonly lr: number;
  readonly seed: number;
  /** Draws from the posterior to average predictions over. */
  readonly predictions: number;
  /** Draws to show. */
  readonly functions: number;
  readonly progressBar: boolean;
}

/** How many standard deviations from the mean half, and 95 %, of a normal distribution lie within. */
const HALF = 0.6745;
const MOST = 1.96;

/** @param grid - standard units. */
export async function fitBayesian(data: CarsData, grid: readonly number[], settings: BayesianSettings): Promise<BayesianFit> {
  const { steps, lr, seed, predictions, functions, progressBar } = settings;
  const began = performance.now();
  const train = tensors(columns(data.train, data));
  const test = tensors(columns(data.test, data));
  const net = network(seed);
  setSeed(seed);

  const prior = priors.iid(dist.normal(0, 1));
  const likelihood = likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) });
  // Unbounded, mean-field posteriors of so many weights for so few data fall back to the prior, and the functions to noise.
  const guide = guides.autoNormal({ initScale: 0.05, maxGuideScale: 0.1 });
  const bnn = new VariationalBNN({ net, prior, likelihood, guide });
  const { losses } = await handlers.localReparameterization().run(() =>
    bnn.fit(train, { optim: optim.adam({ lr }), epochs: steps, progressBar }),
  );
  const { error, logLikelihood } = bnn.evaluate(test.x, test.y, { numSamples: predictions });
  const seconds = (performance.now() - began) / 1000;

  const inputs = tf.tensor2d(grid.map((power) => [power]));
  const draws = read(bnn.predict(inputs, { numSamples: functions, aggregate: false }), data);
  const onGrid = read(bnn.predict(inputs, { numSamples: predictions }), data);
  const onTest = read(bnn.predict(test.x, { numSamples: predictions }), data);
  tf.dispose([train, test, inputs]);
  bnn.dispose();
  net.dispose();
  const consumption = data.test.map(({ y }) => y);
  return {
    score: { name: 'Bayesian network', ...inMilesPerGallon(data, { meanSquaredError: error, logLikelihood }), seconds },
    mean: onGrid.mean,
    functions: Array.from({ length: functions }, (_, i) => draws.mean.slice(i * grid.length, (i + 1) * grid.length)),
    bands: [band(onGrid, HALF), band(onGrid, MOST)],
    coverage: { half: coverage(band(onTest, HALF), consumption), most: coverage(band(onTest, MOST), consumption) },
    losses,
  };
}

function tensors({ x, y }: { readonly x: number[][]; readonly y: number[][] }): { x: tf.Tensor2D; y: tf.Tensor2D } {
  return { x: tf.tensor2d(x), y: tf.tensor2d(y) };
}

interface Prediction {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** Predictions in miles per gallon; frees the tensors. */
function read(prediction: { readonly mean: tf.Tensor; readonly scale: tf.Tensor }, data: CarsData): Prediction {
  const { mean, scale } = prediction;
  const numbers = { mean: milesPerGallon(mean.dataSync(), data), sd: Array.from(scale.dataSync(), (sd) => sd * data.units.y.sd) };
  tf.dispose([mean, scale]);
  return numbers;
}

function band({ mean, sd }: Prediction, reach: number): Band {
  const edge = (sign: number): number[] => mean.map((value, i) => value + sign * reach * (sd[i] ?? Number.NaN));
  return { lower: edge(-1), upper: edge(1) };
}

/** The fraction of `values` inside. */
function coverage({ lower, upper }: Band, values: readonly number[]): number {
  const inside = values.filter((value, i) => value >= (lower[i] ?? Infinity) && value <= (upper[i] ?? -Infinity));
  return inside.length / values.length;
}
