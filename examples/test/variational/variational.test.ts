/** @file The comparison of guides, end to end, with fewer steps. */
import '../helpers/plotForJest.ts';
import { ready } from '@tychejs/ppl';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';
import { textTable } from '../../src/table.ts';
import { columns, compare, logEvidence, type Row } from '../../src/variational/compare.ts';
import { figure } from '../../src/variational/figure.ts';
import { contenders } from '../../src/variational/guides.ts';
import { greatestError, posteriorOf } from '../../src/variational/posterior.ts';
import { settings } from '../../src/variational/settings.ts';

const STEPS = 300;
const NUM_DRAWS = 500;

let rows: readonly Row[];
const rowOf = (name: string): Row => rows.find((row) => row.name === name)!;

beforeAll(async () => {
  await ready({ backend: 'cpu' });
  const nuts = { ...settings.nuts, numChains: 2, numWarmup: 300, numSamples: 500, progressBar: false };
  rows = await expectNoLeak(() => compare({ fit: { ...settings.fit, steps: STEPS, numDraws: NUM_DRAWS }, nuts }));
}, 60_000);

test('compares NUTS, every guide and Pathfinder', () => {
  expect(rows.map(({ name }) => name)).toEqual(['NUTS', ...contenders.map(({ name }) => name), 'pathfinder']);
  for (const { name } of contenders) expect(rowOf(name).losses).toHaveLength(STEPS);
  const text = textTable(columns, rows);
  expect(text.split('\n')).toHaveLength(1 + rows.length);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test('every loss falls', () => {
  const mean = (losses: readonly number[]) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  for (const { name } of contenders) {
    const { losses } = rowOf(name);
    expect(mean(losses.slice(-30))).toBeLessThan(mean(losses.slice(0, 30)));
  }
});

test('no bound exceeds the evidence, and normal guides come close to the posterior', () => {
  const evidence = logEvidence(rows);
  // A joint log density less that of a guide spreads by about one nat: the mean of 500 has a standard error below 0.1.
  for (const { elbo } of rows) if (elbo !== null) expect(elbo).toBeLessThan(evidence + 0.4);
  for (const name of ['AutoNormal', 'AutoDiagonalNormal', 'AutoMultivariateNormal', 'AutoGuideList', 'AutoIAFNormal']) {
    const { elbo, error } = rowOf(name);
    expect(elbo).toBeGreaterThan(evidence - 1.5);
    // A bias of about a fifth of a standard deviation stays; the Monte Carlo errors of both means are about 0.05.
    expect(error).toBeLessThan(0.5);
  }
});

test('the evidence is that of the best weights', () => {
  const row = rowOf('AutoNormal');
  const known = [{ ...row, paretoK: 0.9, logEvidence: -1 }, { ...row, paretoK: 0.2, logEvidence: -2 }, { ...row, paretoK: null, logEvidence: null }];
  expect(logEvidence(known)).toBe(-2);
});

test('the picture has a line for each guide, named', () => {
  const elements = parseXml(figure(rows));
  const lines = elements.filter(({ name, within }) => name === 'path' && within.includes('line'));
  expect(lines).toHaveLength(contenders.length);
  const words = elements.map(({ text }) => text);
  expect(words).toEqual(expect.arrayContaining(contenders.map(({ name }) => name)));
});

test('moments are those of first elements, by hand', () => {
  const column = { data: [1, 3, 5, 7], shape: [4] };
  const posterior = posteriorOf({ mu: column, tau: column, theta: { data: [0, 9, 4, 9], shape: [2, 2] } });
  expect(posterior).toEqual({ mu: { mean: 4, sd: Math.sqrt(5) }, tau: { mean: 4, sd: Math.sqrt(5) }, 'theta[0]': { mean: 2, sd: 2 } });
  expect(greatestError(posterior, { ...posterior, mu: { mean: 1, sd: 2 }, 'theta[0]': { mean: 3, sd: 4 } })).toBe(1.5);
  expect(() => posteriorOf({ mu: column, tau: column })).toThrow('no draws of theta');
});
