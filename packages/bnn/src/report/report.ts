/** @file A report on how good the predictions of a network are, and how well it knows that: one HTML file. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, writeFolder } from '@tychejs/ppl';
import { DeepEnsemble } from '../ensemble/deepEnsemble.ts';
import type { NetInput } from '../lift/net.ts';
import { McmcBNN } from '../mcmcBnn.ts';
import type { ProbabilisticNet } from '../probabilisticNet.ts';
import { casesOf, classSections } from './classes.ts';
import { countSections } from './counts.ts';
import type { PictureShape } from './examples.ts';
import { classExamples, inputPictures, numberExamples } from './examples.ts';
import { foreignSection } from './foreign.ts';
import { functionSection } from './functionBand.ts';
import { networkSections } from './network.ts';
import { numberSections } from './numbers.ts';
import type { Section } from './page.ts';
import { page } from './page.ts';
import type { Predicted, PredictionOptions } from './predicted.ts';
import { predictAll, targetsOf } from './predicted.ts';

/** Data that a network is asked about. */
export interface ReportData {
  readonly x: NetInput;
  /** As the likelihood takes them. */
  readonly y: Tensor;
}

/** Data of another kind than the network has learnt, of which it should be unsure. */
export interface ForeignData {
  readonly x: NetInput;
  /** `foreign data` by default. */
  readonly name?: string;
}

export interface ReportOptions {
  readonly title?: string;
  /** Number of draws of the weights; all that there are of `McmcBNN` and `DeepEnsemble`, else 100 by default. */
  readonly numSamples?: number;
  /** How many data are predicted at once: fewer need less memory. All by default, as a graph's nodes need one another. */
  readonly batchSize?: number;
  /** Names of the classes 0, 1, ...; their numbers by default. */
  readonly classNames?: readonly string[];
  /** Data that doubt is to tell from those of the report. */
  readonly foreign?: ForeignData;
  /** Of training, by epoch: what `bnn.fit` returns. */
  readonly losses?: readonly number[];
  /** How many examples each list of them has; 10 by default, 0 for no lists. */
  readonly examples?: number;
  /** The shape of the picture that an input is: [height, width, channels], with one channel or three. Found by itself for inputs of rank 4. */
  readonly pictureShape?: PictureShape;
  /** Number of bins of reliability diagrams; 15 by default. */
  readonly bins?: number;
}

const WHERE = 'report';
const KEYS: readonly string[] = ['title', 'numSamples', 'batchSize', 'classNames', 'foreign', 'losses', 'examples', 'pictureShape', 'bins'];

/**
 * A page on the predictions of a network for `data`: scores, calibration, aleatoric and epistemic uncertainty, what it is least sure of
 * and what it is wrong about, and the weights before and after training. Its numbers are those of `metrics`.
 *
 * The text is one HTML file. It holds all that it shows, runs nothing and fetches nothing, so that it can be opened from a disk, sent,
 * or served under a strict content security policy; it is light or dark as the reader's system is.
 *
 * @param bnn - any network of this package that predicts, with any likelihood of `likelihoods`.
 * @param data - not seen in training, if the report is to say something of new data.
 * @returns HTML; {@link writeReport} writes it to a file.
 * @throws TypeError, RangeError for options of the wrong kind; what `bnn.predict` throws; Error for targets whose shape does not fit.
 */
export function report<P>(bnn: ProbabilisticNet<P>, data: ReportData, options: ReportOptions = {}): string {
  checkReportOptions(data, options);
  let text = '';
  tf.tidy(() => {
    text = page(options.title ?? 'Report on a Bayesian network', subtitle(bnn, data, options), sectionsOf(bnn, data, options)).text;
  });
  return text;
}

/**
 * Writes {@link report} to a file, which is replaced in one step; its folder is made if need be.
 *
 * @throws Error when the file cannot be written; in a browser, where there are no files; what {@link report} throws.
 */
export async function writeReport<P>(path: string, bnn: ProbabilisticNet<P>, data: ReportData, options: ReportOptions = {}): Promise<void> {
  const text = report(bnn, data, options);
  const [, folder = '.', name = ''] = /^(?:(.*)[/\\])?([^/\\]+)$/s.exec(path) ?? [];
  if (name === '') throw new TypeError(`writeReport: the path must end in the name of a file, such as out/report.html; got "${path}"`);
  await writeFolder(folder === '' ? '/' : folder, { [name]: text });
}

function sectionsOf<P>(bnn: ProbabilisticNet<P>, data: ReportData, options: ReportOptions): Section[] {
  const { foreign, losses = [] } = options;
  const prediction = { numSamples: numSamplesOf(bnn, options), batchSize: options.batchSize };
  const own = predictAll(bnn, data.x, prediction);
  const sections = [...predictionSections(bnn, data, own, options), ...(own.predictions.kind === 'numbers' ? functionOf(bnn, data, prediction) : [])];
  if (foreign !== undefined) sections.push(foreignSection(own, predictAll(bnn, foreign.x, prediction), foreign.name ?? 'foreign data'));
  return [...sections, ...networkSections(bnn, losses)];
}

function predictionSections<P>(bnn: ProbabilisticNet<P>, { x, y }: ReportData, own: Predicted, options: ReportOptions): Section[] {
  const { classNames: names = [], bins = 15, examples = 10 } = options;
  const { predictions, uncertainty } = own;
  const targets = targetsOf(bnn.likelihood, y);
  const draw = inputPictures(x, options.pictureShape, targets.size / (y.shape[0] ?? 1));
  const withExamples = (section: () => Section): Section[] => (examples === 0 ? [] : [section()]);
  if (predictions.kind === 'classes') {
    const results = { values: predictions.values, labels: targets, logits: predictions.logits, uncertainty, names, bins };
    return [...classSections(results), ...withExamples(() => classExamples(casesOf(results), uncertainty, names, examples, draw))];
  }
  const sections = predictions.kind === 'numbers' ? numberSections({ values: predictions.values, targets, uncertainty }) : countSections({ values: predictions.values, targets, uncertainty });
  const means = predictions.kind === 'numbers' ? predictions.values.mean : predictions.values.rate;
  return [...sections, ...withExamples(() => numberExamples(means.dataSync(), targets.dataSync(), uncertainty, examples, draw))];
}

/** Of numbers by one number. */
function functionOf<P>(bnn: ProbabilisticNet<P>, { x, y }: ReportData, options: PredictionOptions): Section[] {
  const isPlain = !Array.isArray(x) && x.rank <= 2 && x.size === y.size && x.size === (x.shape[0] ?? 0);
  const section = isPlain ? functionSection(bnn, x, y, options) : null;
  return section === null ? [] : [section];
}

function numSamplesOf<P>(bnn: ProbabilisticNet<P>, { numSamples }: ReportOptions): number | undefined {
  const hasItsOwn = bnn instanceof McmcBNN || bnn instanceof DeepEnsemble;
  return numSamples ?? (hasItsOwn ? undefined : 100);
}

function subtitle<P>(bnn: ProbabilisticNet<P>, { y }: ReportData, options: ReportOptions): string {
  const numSamples = numSamplesOf(bnn, options);
  const draws = numSamples === undefined ? 'all draws of the weights' : `${numSamples} draw${numSamples === 1 ? '' : 's'} of the weights`;
  return `${y.shape[0] ?? 1} data, predicted with ${draws}`;
}

function checkReportOptions(data: ReportData, options: ReportOptions): void {
  checkOptions(WHERE, options, KEYS);
  const { x, y } = (data ?? {}) as Partial<ReportData>;
  if (x === undefined || !(y instanceof tf.Tensor)) throw new TypeError(`${WHERE}: data must be { x, y }, the inputs and targets as tensors`);
  if (options.foreign !== undefined) checkOptions(`${WHERE}: foreign`, options.foreign, ['x', 'name']);
  const counts: readonly [string, number | undefined, number][] = [
    ['numSamples', options.numSamples, 1], ['batchSize', options.batchSize, 1], ['examples', options.examples, 0], ['bins', options.bins, 1],
  ];
  for (const [name, count, least] of counts) {
    if (count === undefined || (Number.isInteger(count) && count >= least)) continue;
    throw new RangeError(`${WHERE}: ${name} must be an integer of at least ${least}, got ${count}`);
  }
}
