/** @file The page, of made-up results: it is whole, says what they say, and loads nothing. */
import '../helpers/plotForJest.ts';
import type { CarsResult } from '../../src/start/cars.ts';
import type { SchoolsResult } from '../../src/start/eightSchools.ts';
import { page } from '../../src/start/page.ts';
import { parseXml } from '../helpers/xml.ts';

const grid = [40, 120, 200];
const cars: CarsResult = {
  plot: {
    train: [{ x: 50, y: 30 }, { x: 190, y: 12 }],
    test: [{ x: 100, y: 20 }],
    grid,
    mean: [32, 20, 12],
    functions: [[33, 21, 12], [31, 19, 13]],
    bands: [{ lower: [28, 16, 8], upper: [36, 24, 16] }, { lower: [20, 8, 0], upper: [44, 32, 24] }],
    deterministic: [30, 20, 11],
  },
  scores: [
    { name: 'deterministic network', rmse: 4.561, logLikelihood: -2.9874, seconds: 1 },
    { name: 'Bayesian network', rmse: 4.452, logLikelihood: -2.9212, seconds: 2 },
  ],
  coverage: { half: 0.523, most: 0.944 },
  losses: Array.from({ length: 100 }, (_, i) => 1000 / (i + 1)),
};

const names = ['mu', 'tau', 'theta[0]', 'theta[1]'];
const schools: SchoolsResult = {
  effect: [28, 8],
  standardError: [15, 10],
  settings: { numChains: 2, numWarmup: 10, numSamples: 20, seed: 0, progressBar: false },
  rows: names.map((name, i) => ({
    name, mean: i + 0.25, sd: 3, mcseMean: 0.1, q5: i - 4, q50: i, q95: i + 5, essBulk: 900, essTail: 800, rHat: 1.004,
    reference: { mean: i, sd: 3 }, standardErrorsOff: -2.4,
  })),
  chains: new Map(names.map((name) => [name, [0, 1].map((chain) => Array.from({ length: 20 }, (_, i) => Math.sin(i + chain)))])),
  divergences: 3,
  warnings: ['beware of <tau> & co'],
  seconds: 4,
};

const text = page({ cars, schools, backend: 'cpu' });

test('is a whole document, with every figure described', () => {
  expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
  const body = text.slice(text.indexOf('<body>'), text.indexOf('</body>') + '</body>'.length);
  const elements = parseXml(body);
  const drawings = elements.filter(({ name }) => name === 'svg');
  // The cars, the loss, the shrinkage, and for each of four scalars trace and ranks.
  expect(drawings).toHaveLength(3 + 2 * names.length);
  for (const { attributes } of drawings) {
    expect(attributes).toMatchObject({ role: 'img' });
    expect(attributes['aria-label']!.length).toBeGreaterThan(20);
  }
  expect(elements.filter(({ name }) => name === 'figcaption')).toHaveLength(elements.filter(({ name }) => name === 'figure').length);
  expect(body).not.toMatch(/NaN|undefined|\[object/);
});

test('is self-contained', () => {
  const addresses = [...text.matchAll(/\b(?:https?:)?\/\/[^"'\s<)]+/g)].map(([address]) => address);
  expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  expect(text).not.toMatch(/<script|<img|<iframe|@import|@font-face|url\((?!#)/);
  expect([...text.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, target]) => target)).toEqual(['data:,']);
});

test('ids are used once', () => {
  const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('says what the results say', () => {
  for (const words of ['4.56', '-2.987', '-2.921', '52 %', '94 %', '-2.4 s.e.', '1.004', 'beware of &lt;tau&gt; &amp; co']) {
    expect(text).toContain(words);
  }
});
