/** @file Lines for countries: the data, the models beside a closed form, and all of it with few draws. */
import '../helpers/plotForJest.ts';
import { infer, ready } from '@tychejs/ppl';
import { compare, elpdDifferences, predictionColumns, samplingColumns, type Comparison } from '../../src/hierarchical/compare.ts';
import { loadLife, timeOf } from '../../src/hierarchical/data.ts';
import { figure } from '../../src/hierarchical/figure.ts';
import { drawsOf, meansOf } from '../../src/hierarchical/fit.ts';
import { models } from '../../src/hierarchical/models.ts';
import { settings } from '../../src/hierarchical/settings.ts';
import { meanOf } from '../../src/statistics.ts';
import { textTable } from '../../src/table.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';

beforeAll(() => ready({ backend: 'cpu' }));

test('each country has from one to four years to train on, and the others are held out', () => {
  const { countries, train, test: heldOut } = loadLife(1, 4, 1);
  expect(countries).toHaveLength(62);
  const counts = countries.map((_, i) => train.country.filter((one) => one === i).length);
  expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 4]);
  expect(train.life.length + heldOut.life.length).toBe(62 * 11);
  expect([1955, 1980, 2005].map(timeOf)).toEqual([-1, 0, 1]);
});

/** log density of Normal(mean, sd). */
const normal = (x: number, loc: number, scale: number) => -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
/** That of a half-normal, with the volume change of the logarithm in which it is sampled. */
const logOfHalfNormal = (x: number, scale: number) => Math.log(2) + normal(x, 0, scale) + Math.log(x);

test('the joint densities are those of plain numbers, and the centred one is the non-centred one moved', () => {
  const observations = { country: [0, 1, 1], time: [-1, 0, 1], life: [50, 60, 72] };
  const common = { sigma: 2, 'intercept.mean': 60, 'intercept.sd': 5, 'slope.mean': 7, 'slope.sd': 3 };
  const [a, b, offsets] = [[52, 63], [4, 8], { a: [-1.6, 0.6], b: [-1, 1 / 3] }];
  const evaluate = (model: keyof typeof models, values: Record<string, unknown>): number => {
    const density = infer.logDensity(models[model], [2, observations], { engine: 'compiled' });
    return density.evaluate(density.unconstrain(values as never), new Float64Array(density.dimension));
  };
  const likelihood = observations.life.reduce((sum, life, i) => {
    const country = observations.country[i]!;
    return sum + normal(life, a[country]! + b[country]! * observations.time[i]!, 2);
  }, 0);
  const hyper = logOfHalfNormal(2, 5) + normal(60, 65, 20) + normal(7, 0, 20) + logOfHalfNormal(5, 20) + logOfHalfNormal(3, 20);
  const lines = a.reduce((sum, value, i) => sum + normal(value, 60, 5) + normal(b[i]!, 7, 3), 0);
  const standard = [...offsets.a, ...offsets.b].reduce((sum, value) => sum + normal(value, 0, 1), 0);
  expect(evaluate('centred', { ...common, intercept: a, slope: b })).toBeCloseTo(likelihood + hyper + lines, 4);
  expect(evaluate('nonCentred', { ...common, 'intercept.offset': offsets.a, 'slope.offset': offsets.b })).toBeCloseTo(likelihood + hyper + standard, 4);
  const alone = a.reduce((sum, value, i) => sum + normal(value, 65, 20) + normal(b[i]!, 0, 20), 0);
  expect(evaluate('unpooled', { sigma: 2, intercept: a, slope: b })).toBeCloseTo(likelihood + logOfHalfNormal(2, 5) + alone, 4);
});

test('draws are read entry by entry', () => {
  const samples = { x: { data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2, 2, 2] } };
  expect(meansOf('x', samples)).toEqual([4, 5]);
  expect(drawsOf('x', samples).at(3, 0)).toBe(7);
  expect(() => meansOf('y', samples)).toThrow('no draws of y');
});

describe('with few draws', () => {
  let result: Comparison;
  beforeAll(async () => {
    result = await expectNoLeak(() => compare({ ...settings, nuts: { numChains: 2, numWarmup: 150, numSamples: 100, seed: 1 } }));
  }, 60_000);

  test('the hierarchical model predicts best, by either parameterisation', () => {
    const [pooled, unpooled, centred, nonCentred] = result.fits.map(({ heldOut }) => heldOut);
    // In long runs: 8.3 years, 5.0, 3.4 and 3.4.
    expect(centred!.error).toBeLessThan(0.8 * unpooled!.error);
    expect(unpooled!.error).toBeLessThan(0.8 * pooled!.error);
    expect(Math.abs(centred!.error - nonCentred!.error)).toBeLessThan(0.2);
    expect(centred!.logDensity).toBeGreaterThan(unpooled!.logDensity + 0.2);
  });

  test('estimates are drawn towards the common mean', () => {
    const [, unpooled, , nonCentred] = result.fits;
    const spread = (values: number[]) => Math.sqrt(meanOf(values.map((value) => (value - meanOf(values)) ** 2)));
    expect(spread(meansOf('slope', nonCentred!.samples))).toBeLessThan(0.8 * spread(meansOf('slope', unpooled!.samples)));
  });

  test('is told in tables and drawn', () => {
    expect(textTable(predictionColumns, result.fits) + textTable(samplingColumns, result.fits)).not.toMatch(/NaN|undefined|Infinity/);
    expect(elpdDifferences(result.fits)).toHaveLength(3);
    const elements = parseXml(figure(result));
    expect(elements.filter(({ name, within }) => name === 'path' && within.includes('arrow'))).toHaveLength(62);
    expect(elements.map(({ text }) => text)).toEqual(expect.arrayContaining(['in the hierarchical model', 'gain in 25 years, years']));
  });
});
