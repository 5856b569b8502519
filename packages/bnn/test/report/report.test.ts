import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, infer, ready, sample, setSeed } from '@tychejs/ppl';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeepEnsemble, McmcBNN, VariationalBNN, guides, likelihoods, metrics, priors, report, writeReport } from '../../src/index.ts';
import type { NetInput, PredictOptions, ProbabilisticNet } from '../../src/index.ts';
import { percent, shown } from '../../src/report/format.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { wavy } from '../helpers/nets.ts';
import { readPage } from '../helpers/page.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

/** Draws of a network that predicts with them whatever it is asked: rows are chosen by the one number of an input. */
function fixed<P>(likelihood: ProbabilisticNet<P>['likelihood'], draws: (rows: Tensor) => P): ProbabilisticNet<P> & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    likelihood,
    asked,
    predict: (x: NetInput, options: PredictOptions) => {
      asked.push({ ...options, rows: (x as Tensor).shape[0] });
      return tf.tidy(() => draws(tf.cast(tf.reshape(x as Tensor, [-1]), 'int32')) as never) as P;
    },
    evaluate: () => ({ error: NaN, logLikelihood: NaN }),
  };
}

const range = (count: number) => tf.reshape(tf.range(0, count), [count, 1]);
const labels = (count: number, classes = 3) => tf.tensor1d(Array.from({ length: count }, (_, i) => (i * 7) % classes), 'int32');

describe('of classes', () => {
  const logits = () => tf.mul(wavy([5, 40, 3]), 2);
  const make = () => fixed<Tensor>(likelihoods.categorical(), (rows) => tf.gather(logits(), rows, 1));

  test('its numbers are those of the metrics', () => {
    const [x, y] = [range(40), labels(40)];
    const { scores, table } = readPage(report(make(), { x, y }, { bins: 10 }));
    const mean = likelihoods.categorical().aggregatePredictions(logits());
    const options = { logits: true, bins: 10 };
    const diagram = metrics.reliabilityDiagram(mean, y, options);
    expect(scores).toEqual({
      Accuracy: percent(diagram.accuracy),
      Confidence: percent(diagram.confidence),
      'Negative log-likelihood': shown(metrics.negativeLogLikelihood(mean, y, { logits: true })),
      'Brier score': shown(metrics.brier(mean, y, { logits: true })),
      'Calibration error': percent(diagram.expectedCalibrationError),
      'Calibration error, equal counts': percent(metrics.expectedCalibrationError(mean, y, { ...options, binning: 'count' })),
    });
    const matrix = metrics.confusionMatrix(mean, y, { logits: true });
    const [head, ...rows] = table('Confusion matrix');
    expect(head).toEqual(['Truth', '0', '1', '2', 'Right']);
    expect(rows.map((row) => row.slice(1, 4).map(Number))).toEqual(matrix);
    const filled = diagram.bins.filter(({ count }) => count > 0);
    expect(table('Reliability by bins of confidence').slice(1).map(([, count, , accuracy]) => [count, accuracy])).toEqual(
      filled.map(({ count, accuracy }) => [String(count), percent(accuracy)]),
    );
  });

  test('the most doubtful data have the largest entropy, and the most confidently wrong are wrong', () => {
    const [x, y] = [range(40), labels(40)];
    const { table } = readPage(report(make(), { x, y }, { examples: 4, classNames: ['a', 'b'] }));
    const { total, epistemic } = metrics.categoricalUncertainty(logits(), { logits: true });
    const doubtful = table('Most doubtful').slice(1);
    const expected = [...total.keys()].toSorted((a, b) => total[b]! - total[a]!).slice(0, 4);
    expect(doubtful.map(([index]) => Number(index))).toEqual(expected);
    expect(doubtful.map((row) => row.slice(-2))).toEqual(expected.map((i) => [shown(total[i]!), shown(epistemic[i]!)]));
    const wrong = table('Most confidently wrong').slice(1);
    expect(wrong).toHaveLength(4);
    for (const [index, truth, said] of wrong) {
      expect(truth).not.toBe(said);
      expect(truth).toBe(['a', 'b', '2'][(Number(index) * 7) % 3]);
    }
    const none = report(make(), { x, y }, { examples: 0 });
    expect(none.includes('Most doubtful')).toBe(false);
  });

  test('foreign data are told apart by the area under the curve', () => {
    const [x, y] = [range(40), labels(40)];
    // The last ten rows, as if they came from elsewhere.
    const foreign = { x: tf.slice(range(40), [30]), name: 'others' };
    const { table, elements } = readPage(report(make(), { x: tf.slice(x, [0], [30]), y: tf.slice(y, [0], [30]) }, { foreign }));
    const { total, epistemic } = metrics.categoricalUncertainty(logits(), { logits: true });
    const isForeign = total.map((_, i) => i >= 30);
    const confidence = metrics.predictiveEntropy(likelihoods.categorical().aggregatePredictions(logits()), { logits: true });
    expect(confidence).toHaveLength(40);
    expect(table('Area under the curve (AUROC) by measure of doubt').slice(1, 3)).toEqual([
      ['Entropy of the prediction', shown(metrics.areaUnderRoc(total, isForeign))],
      ['Epistemic uncertainty', shown(metrics.areaUnderRoc(epistemic, isForeign))],
    ]);
    expect(elements.some(({ attributes }) => attributes['aria-label']?.includes('others: 10 values'))).toBe(true);
  });

  test('predicted in batches it is the same', () => {
    const [x, y] = [range(40), labels(40)];
    const [whole, parts] = [make(), make()];
    expect(report(parts, { x, y }, { batchSize: 7, numSamples: 5 }) === report(whole, { x, y }, { numSamples: 5 })).toBe(true);
    expect(parts.asked).toEqual([7, 7, 7, 7, 7, 5].map((rows) => ({ numSamples: 5, aggregate: false, rows })));
    expect(whole.asked).toHaveLength(1);
  });

  test('of many classes the commonest mistakes are listed', () => {
    const many = fixed<Tensor>(likelihoods.categorical(), (rows) => tf.gather(wavy([2, 60, 30]), rows, 1));
    const { table } = readPage(report(many, { x: range(60), y: labels(60, 30) }));
    expect(table('Confusion matrix')).toEqual([]);
    const counts = table('The commonest mistakes').slice(1).map(([, , count]) => Number(count));
    expect(counts).toHaveLength(25);
    expect(counts.toSorted((a, b) => b - a)).toEqual(counts);
  });

  test('of yes and no: each answer counts', () => {
    const answers = () => tf.mul(wavy([4, 20, 2]), 3);
    const bnn = fixed<Tensor>(likelihoods.bernoulli(), (rows) => tf.gather(answers(), rows, 1));
    const y = tf.cast(tf.greater(wavy([20, 2], 8), 0), 'float32');
    const { scores, table } = readPage(report(bnn, { x: range(20), y }));
    const mean = tf.reshape(likelihoods.bernoulli().aggregatePredictions(answers()), [-1]);
    expect(scores['Brier score']).toBe(shown(metrics.brier(mean, tf.reshape(y, [-1]), { logits: true })));
    const total = table('Confusion matrix').slice(1).flatMap((row) => row.slice(1, 3).map(Number));
    expect(total.reduce((a, b) => a + b)).toBe(40);
  });
});

describe('of numbers', () => {
  const mean = () => wavy([6, 30, 2]);
  const scale = () => tf.add(tf.abs(wavy([6, 1, 1], 3)), 0.3);
  const y = () => wavy([30, 2], 50);

  test.each([
    ['normal', likelihoods.homoskedasticGaussian({ scale: 1 }), undefined],
    ['t', likelihoods.studentT({ df: 5, scale: 1 }), 5],
  ])('its numbers are those of the metrics, for %s noise', (_, likelihood, df) => {
    const bnn = fixed(likelihood, (rows) => ({ mean: tf.gather(mean(), rows, 1), scale: scale(), ...(df && { df }) }));
    const { scores, table } = readPage(report(bnn as never, { x: range(30), y: y() }));
    const predicted = { ...likelihood.aggregatePredictions({ mean: mean(), scale: scale() }), df };
    expect(scores).toEqual({
      'Root mean squared error': shown(metrics.rootMeanSquaredError(predicted, y())),
      'Negative log-likelihood': shown(metrics.negativeLogLikelihood(predicted, y())),
      'Ranked probability score': shown(metrics.continuousRankedProbabilityScore(predicted, y())),
      Sharpness: shown(metrics.sharpness(predicted)),
      'Calibration error': percent(metrics.intervalCalibration(predicted, y()).calibrationError),
    });
    const levels = [0.5, 0.8, 0.9, 0.95, 0.99];
    expect(table('Coverage of central intervals').slice(1)).toEqual(
      metrics.intervalCalibration(predicted, y(), { levels }).intervals.map(({ level, coverage }) => [percent(level), percent(coverage)]),
    );
    const { total } = metrics.gaussianUncertainty({ mean: mean(), scale: scale(), df });
    const doubtful = table('Most doubtful').slice(1).map((row) => row[3]);
    expect(doubtful).toEqual(total.toSorted((a, b) => b - a).slice(0, 10).map((variance) => shown(Math.sqrt(variance))));
  });

  test('of one input: the function, beyond the data too', () => {
    const [low, high] = [[] as number[], [] as number[]];
    const bnn = fixed(likelihoods.homoskedasticGaussian({ scale: 1 }), () => ({ mean: tf.zeros([2, 1, 1]), scale: tf.ones([2, 1, 1]) }));
    const spied = {
      ...bnn,
      predict: (x: NetInput) => {
        const inputs = (x as Tensor).dataSync();
        low.push(Math.min(...inputs));
        high.push(Math.max(...inputs));
        return { mean: tf.stack([x as Tensor, x as Tensor]), scale: tf.ones([2, 1, 1]) };
      },
    };
    const page = readPage(report(spied, { x: tf.tensor2d([[0], [4], [10]]), y: tf.tensor2d([[1], [3], [9]]) }));
    expect(low).toEqual([0, expect.closeTo(-1.5, 5)]);
    expect(high).toEqual([10, expect.closeTo(11.5, 5)]);
    expect(page.elements.some(({ name, text }) => name === 'figcaption' && text === 'The function, with two standard deviations')).toBe(true);
  });

  test('of counts', () => {
    const logRates = () => wavy([6, 30, 1]);
    const bnn = fixed<Tensor>(likelihoods.poisson(), (rows) => tf.gather(logRates(), rows, 1));
    const counts = tf.tensor2d(Array.from({ length: 30 }, (_, i) => i % 4), [30, 1]);
    const { scores, elements } = readPage(report(bnn, { x: range(30), y: counts }));
    const rate = tf.exp(likelihoods.poisson().aggregatePredictions(logRates()));
    expect(scores).toEqual({
      'Root mean squared error': shown(metrics.rootMeanSquaredError({ rate }, counts)),
      'Negative log-likelihood': shown(metrics.negativeLogLikelihood({ rate }, counts)),
    });
    const histogram = elements.find(({ attributes }) => attributes['aria-label']?.startsWith('Probability integral transform'));
    expect(histogram?.attributes['aria-label']).toContain(metrics.pitHistogram({ rate }, counts).map(shown).join(', '));
    // The variance of the mixture: the mean rate, and the variance of rates.
    const rates = [...tf.exp(tf.slice(logRates(), [0, 0], [6, 1])).dataSync()];
    const mean = rates.reduce((a, b) => a + b) / 6;
    const variance = mean + rates.reduce((a, b) => a + (b - mean) ** 2, 0) / 6;
    const page = readPage(report(bnn, { x: range(30), y: counts }, { examples: 30 }));
    const row = page.table('Most doubtful').find(([index]) => index === '0');
    expect(row?.[3]).toBe(shown(Math.sqrt(variance)));
  });
});

describe('of networks', () => {
  const net = () => sequential({ layers: [layers.dense({ units: 3, inputShape: [1], activation: 'tanh', name: 'first' }), layers.dense({ units: 1, name: 'last' })] });
  const data = () => ({ x: wavy([12, 1]), y: wavy([12, 1], 40) });
  const likelihood = likelihoods.homoskedasticGaussian({ scale: 0.5 });
  const prior = priors.iid(dist.normal(0, 2), { hide: ['last.bias'] });

  test('each weight is told of: its prior, how wide it is, how many elements could be zero', () => {
    const bnn = new VariationalBNN({ net: net(), prior, likelihood, guide: guides.autoNormal({ initLoc: { 'first.kernel': [[1, 0.1, -3]], 'first.bias': [0, 0, 0], 'last.kernel': [[1], [1], [1]] }, initScale: 0.5 }) });
    const { table, scores } = readPage(report(bnn, data(), { numSamples: 3, losses: [3, 2, 1] }));
    const [head, ...rows] = table('Weights, before and after');
    expect(head).toEqual(['Weight', 'Shape', 'Prior', 'Prior sd', 'Posterior sd', 'Ratio', '|mean| < sd']);
    expect(rows).toEqual([
      ['first.kernel', '1 × 3', 'normal(0, 2)', '2', '0.5', '0.25', '33.3 %'],
      ['first.bias', '3', 'normal(0, 2)', '2', '0.5', '0.25', '100.0 %'],
      ['last.kernel', '3 × 1', 'normal(0, 2)', '2', '0.5', '0.25', '0.0 %'],
      ['last.bias', '1', 'none', '–', '–', '–', '–'],
    ]);
    expect(scores['Weights']).toBe('10');
    expect(scores['Guide']).toBe('guides.AutoNormal');
    bnn.dispose();
  });

  test('moments of guides without a closed form are those of draws', () => {
    const shapes = { 'first.kernel': [1, 3], 'first.bias': [3], 'last.kernel': [3, 1] };
    const guide = () => () => {
      for (const [name, shape] of Object.entries(shapes)) sample(name, dist.normal(1, 0.4).expand(shape).toEvent());
    };
    setSeed(3);
    const bnn = new VariationalBNN({ net: net(), prior, likelihood, guide });
    const summary = expectNoLeak(() => bnn.weightSummary());
    for (const { prior: own, posteriorSd, lowSignal } of summary.slice(0, 3)) {
      expect(own).toBe('normal(0, 2)');
      // The mean over three elements, by 200 draws each: a relative standard error of 1 / sqrt(2 * 199 * 3) = 0.029.
      expect(Math.abs(posteriorSd! / 0.4 - 1)).toBeLessThan(4.5 * 0.029);
      expect(lowSignal).toBe(0);
    }
    expect(new VariationalBNN({ net: net(), prior, likelihood, guide: autoguides.AutoDelta }).weightSummary()[0]).toMatchObject({ posteriorSd: 0, priorSd: 2 });
    expect(new VariationalBNN({ net: net(), prior, likelihood, guide: null }).weightSummary()[0]).toMatchObject({ prior: null, priorSd: null, posteriorSd: null, lowSignal: null });
    const cauchy = priors.iid(dist.cauchy(0, 1));
    expect(new VariationalBNN({ net: net(), prior: cauchy, likelihood, guide: autoguides.AutoDelta }).weightSummary()[0]!.priorSd).toBeNull();
  });

  test('chains and ensembles are reported on with all their draws, and no tensors are left', async () => {
    const chain = new McmcBNN({ net: net(), prior, likelihood, kernel: (model) => new infer.NUTS(model, { maxTreeDepth: 2 }) });
    const { x, y } = data();
    await chain.fit({ x, y }, { numSamples: 12, numWarmup: 10, numChains: 1, seed: 1 });
    const ensemble = new DeepEnsemble({ net, likelihood, numMembers: 3 });
    const variational = new VariationalBNN({ net: net(), prior, likelihood, guide: guides.autoNormal() });
    const { data: drawn } = chain.getSamples()['last.kernel']!;
    const sd = [0, 1, 2].map((i) => {
      const values = Array.from({ length: 12 }, (_, draw) => drawn[3 * draw + i]!);
      const mean = values.reduce((a, b) => a + b) / 12;
      return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 11);
    });
    const last = chain.weightSummary().find(({ name }) => name === 'last.kernel')!;
    expect(last.posteriorSd).toBeCloseTo((sd[0]! + sd[1]! + sd[2]!) / 3, 10);
    expect(last.priorSd).toBe(2);
    expect(chain.weightSummary().at(-1)).toMatchObject({ name: 'last.bias', prior: null, posteriorSd: null });
    for (const bnn of [chain, ensemble, variational]) {
      const text = expectNoLeak(() => report(bnn as ProbabilisticNet<unknown>, { x, y }, { foreign: { x } }));
      expect(/predicted with (100|all) draws/.exec(text)?.[1]).toBe(bnn === variational ? '100' : 'all');
      readPage(text);
    }
    expect(() => report(chain, { x, y }, { numSamples: 13 })).toThrow(/numSamples is 13, but there are 12 draws/);
    chain.dispose();
    ensemble.dispose();
    variational.dispose();
  });
});

describe('the page', () => {
  const evil = `<script>alert("1")</script>'&\u0000`;
  const logits = () => wavy([3, 16, 3]);
  const bnn = () => fixed<Tensor>(likelihoods.categorical(), (rows) => tf.gather(logits(), tf.range(0, rows.shape[0]!, 1, 'int32'), 1));
  const images = () => wavy([16, 5, 6, 1]);
  const make = (options = {}) => {
    const net = { ...bnn(), predict: (x: NetInput) => tf.gather(logits(), tf.range(0, (x as Tensor).shape[0]!, 1, 'int32'), 1) };
    return report(net, { x: images(), y: labels(16) }, { title: evil, classNames: [evil, 'b', 'c'], foreign: { x: images(), name: evil }, losses: [2, 1], ...options });
  };

  test('holds names as text, whatever they are, and neither scripts nor addresses', () => {
    const text = make();
    const { elements, table } = readPage(text);
    const escaped = evil.replace('\u0000', '\ufffd');
    expect(elements.find(({ name }) => name === 'h1')?.text).toBe(escaped);
    expect(table('Confusion matrix')[1]![0]).toBe(escaped);
    expect(text.includes('<script')).toBe(false);
    for (const { name, attributes } of elements) {
      expect(['script', 'link', 'iframe', 'object', 'embed', 'base', 'form']).not.toContain(name);
      for (const [key, value] of Object.entries(attributes)) {
        expect(key).not.toMatch(/^on|^style$/);
        if (key === 'href') expect(value).toMatch(/^#/);
        if (key === 'src') expect(value).toMatch(/^data:image\/bmp;base64,/);
      }
    }
    // Base64 has slashes of its own.
    expect(text.replace(/base64,[^"]*/g, '').match(/https?:|url\(|@import|\/\//g)).toBeNull();
  });

  test('is structured: one heading of the first rank, sections with theirs, figures and pictures with words, headings in tables', () => {
    const { elements } = readPage(make());
    const of = (name: string) => elements.filter((element) => element.name === name);
    expect(of('html')[0]!.attributes['lang']).toBe('en');
    expect(of('h1')).toHaveLength(1);
    const ids = new Set(elements.flatMap(({ attributes }) => attributes['id'] ?? []));
    expect(of('h2')).toHaveLength(of('section').length);
    for (const { attributes } of of('section')) expect(ids).toContain(attributes['aria-labelledby']);
    for (const { attributes } of of('a')) expect(ids).toContain(attributes['href']!.slice(1));
    expect(of('figure').length).toBeGreaterThan(5);
    expect(of('figcaption')).toHaveLength(of('figure').length);
    const drawings = of('svg').filter(({ attributes }) => attributes['role'] === 'img');
    expect(drawings).toHaveLength(of('figure').length);
    for (const { attributes } of drawings) expect(attributes['aria-label']!.length).toBeGreaterThan(20);
    for (const { attributes } of of('img')) expect(attributes['alt']).toMatch(/^input \d+$/);
    expect(of('caption')).toHaveLength(of('table').length);
    for (const { attributes } of of('th')) expect(attributes['scope']).toMatch(/^(row|col)$/);
  });

  test('has no number that is none in its drawings', () => {
    const text = make({ losses: [NaN, Infinity, 3, 2] });
    const { elements } = readPage(text);
    const geometry = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'points', 'viewBox'];
    for (const { attributes } of elements) for (const key of geometry) expect(attributes[key] ?? '').not.toMatch(/NaN|Infinity|undefined/);
  });

  test('shows inputs that are pictures: a bitmap of their numbers', () => {
    const { elements } = readPage(make());
    const image = elements.find(({ name, attributes }) => name === 'img' && attributes['alt'] === 'input 2') ?? elements.find(({ name }) => name === 'img')!;
    const index = Number(image.attributes['alt']!.slice(6));
    const bytes = Buffer.from(image.attributes['src']!.split(',')[1]!, 'base64');
    expect([bytes.toString('latin1', 0, 2), bytes.readInt32LE(18), bytes.readInt32LE(22), bytes.readUInt16LE(28)]).toEqual(['BM', 6, -5, 24]);
    expect(bytes.readUInt32LE(2)).toBe(bytes.length);
    const all = [...images().dataSync()];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const pixel = (row: number, column: number) => [...bytes.subarray(54 + row * 20 + 3 * column, 54 + row * 20 + 3 * column + 3)];
    for (const [row, column] of [[0, 0], [4, 5], [2, 3]] as const) {
      const level = Math.round((255 * (all[index * 30 + row * 6 + column]! - low)) / (high - low));
      expect(pixel(row, column)).toEqual([level, level, level]);
    }
    expect(readPage(make({ examples: 0 })).elements.some(({ name }) => name === 'img')).toBe(false);
  });

  test('shows flat inputs as pictures of a shape that is given, in colours too', () => {
    const net = { ...bnn(), predict: () => logits() };
    const flat = tf.reshape(tf.range(0, 16 * 12), [16, 12]);
    const { elements } = readPage(report(net, { x: flat, y: labels(16) }, { pictureShape: [2, 2, 3] }));
    const image = elements.find(({ name, attributes }) => name === 'img' && attributes['alt'] !== '')!;
    const bytes = Buffer.from(image.attributes['src']!.split(',')[1]!, 'base64');
    const start = 12 * Number(image.attributes['alt']!.slice(6));
    // Blue, green, red.
    expect([...bytes.subarray(54, 57)]).toEqual([2, 1, 0].map((channel) => Math.round((255 * (start + channel)) / 191)));
    expect(() => report(net, { x: flat, y: labels(16) }, { pictureShape: [3, 3, 1] })).toThrow(/pictureShape \[3, 3, 1\] has 9 numbers, but an input has 12/);
  });

  test('is written to a file, in a folder that is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tyche-'));
    try {
      const path = join(folder, 'deep', 'report.html');
      const data = { x: range(16), y: labels(16) };
      await writeReport(path, bnn(), data, { title: 'On a disk' });
      expect(readFileSync(path, 'utf8')).toBe(report(bnn(), data, { title: 'On a disk' }));
      expect(readdirSync(join(folder, 'deep'))).toEqual(['report.html']);
      await expect(writeReport(`${folder}/`, bnn(), data)).rejects.toThrow(/must end in the name of a file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each<[string, object, object, RegExp]>([
    ['an unknown option', {}, { numSample: 3 }, /report: unknown option "numSample"\. Did you mean "numSamples"/],
    ['no draws', {}, { numSamples: 0 }, /numSamples must be an integer of at least 1, got 0/],
    ['half an example', {}, { examples: 0.5 }, /examples must be an integer of at least 0, got 0\.5/],
    ['data without targets', { y: undefined }, {}, /data must be \{ x, y \}, the inputs and targets as tensors/],
    ['targets of another shape', { y: labels }, {}, /data must be/],
    ['foreign data by another name', {}, { foreign: { x: 1, label: 'a' } }, /unknown option "label"/],
  ])('is refused for %s', (_, data, options, message) => {
    expect(() => report(bnn(), { x: range(16), y: labels(16), ...data } as never, options)).toThrow(message);
  });

  test('targets that do not fit are refused as metrics refuse them', () => {
    expect(() => report(bnn(), { x: range(16), y: labels(15) })).toThrow(/shape \[16\], but labels have \[15\]/);
  });
});
