/** @file Every plot is well-formed SVG with the marks that its data call for. */
import '../helpers/plotForJest.ts';
import { functionBand, type FunctionBandData } from '../../src/plots/functionBand.ts';
import { logarithmicMeans, lossCurve } from '../../src/plots/lossCurve.ts';
import { rankHistograms, rankPlot } from '../../src/plots/rankPlot.ts';
import { shrinkagePlot } from '../../src/plots/shrinkagePlot.ts';
import { cssVariables, lightTheme as theme, pageTheme } from '../../src/plots/theme.ts';
import { tracePlot } from '../../src/plots/tracePlot.ts';
import { parseXml } from '../helpers/xml.ts';

const grid = [0, 1, 2, 3];
const line = (offset: number) => grid.map((x) => x + offset);

const regression: FunctionBandData = {
  train: [{ x: 1, y: 1 }, { x: 2, y: 3 }, { x: 2.5, y: 2 }],
  test: [{ x: 0.5, y: 1 }, { x: 3, y: 3 }],
  grid,
  mean: line(0),
  functions: [line(0.1), line(-0.1), line(0.2), line(0.3)],
  bands: [{ lower: line(-1), upper: line(1) }, { lower: line(-2), upper: line(2) }],
  deterministic: line(0.5),
};

const bandOptions = { theme, alt: 'cars & "bands"', xLabel: 'x', yLabel: 'y', yDomain: [0, 5], bandLabel: 'half < all' } as const;

/** Elements of a name that Plot drew as marks of a kind, such as the paths of `line`. */
const marks = (svg: string, label: string, name: string) =>
  parseXml(svg).filter((element) => element.name === name && element.within.includes(label));

test('functionBand draws each car, each function, each band', () => {
  const svg = functionBand(regression, bandOptions);
  expect(marks(svg, 'dot', 'circle')).toHaveLength(5);
  expect(marks(svg, 'area', 'path')).toHaveLength(2);
  // Four functions, the mean, the deterministic fit.
  expect(marks(svg, 'line', 'path')).toHaveLength(6);
  const words = parseXml(svg).map(({ text }) => text);
  expect(words).toEqual(expect.arrayContaining(['trained on', 'held out', '4 functions of its posterior', 'half < all']));
});

test('a drawing says what it shows, and stands alone', () => {
  const svg = functionBand(regression, bandOptions);
  const [root] = parseXml(svg);
  expect(root).toMatchObject({ name: 'svg', attributes: { role: 'img', 'aria-label': 'cars & "bands"', xmlns: 'http://www.w3.org/2000/svg' } });
  expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  expect(svg).not.toMatch(/var\(--(?!plot)|NaN|undefined/);
});

test('on a page, every colour is a variable that both themes define', () => {
  const svg = functionBand(regression, { ...bandOptions, theme: pageTheme }) + tracePlot([[1, 2], [2, 1]], { theme: pageTheme, alt: '' });
  const used = [...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name!).filter((name) => !name.startsWith('--plot'));
  expect(used).toContain('--accent');
  for (const name of new Set(used)) expect(cssVariables(theme)).toContain(`${name}: #`);
  expect(svg).not.toMatch(/#[0-9a-f]{3}/);
});

test('tracePlot draws a line for each chain, thinned as asked', () => {
  const chains = [0, 1, 2].map((chain) => Array.from({ length: 100 }, (_, i) => Math.sin(i * (chain + 1))));
  const points = (svg: string) => marks(svg, 'line', 'path').map(({ attributes }) => attributes['d']!.split(/[ML]/).length - 1);
  expect(points(tracePlot(chains, { theme, alt: '' }))).toEqual([100, 100, 100]);
  expect(points(tracePlot(chains, { theme, alt: '', every: 10 }))).toEqual([10, 10, 10]);
});

test('rankHistograms counts by rank among all chains', () => {
  expect(rankHistograms([[1, 2, 3, 4], [5, 6, 7, 8]], 2)).toEqual([[4, 0], [0, 4]]);
  expect(rankHistograms([[1, 3, 5, 7], [2, 4, 6, 8]], 4)).toEqual([[1, 1, 1, 1], [1, 1, 1, 1]]);
  // By value, not by its text: 10 is greater than 9.
  expect(rankHistograms([[10, 9], [-1, -2]], 2)).toEqual([[0, 2], [2, 0]]);
});

test('rankPlot draws a line for each chain around the even level', () => {
  const svg = rankPlot([[1, 4, 5, 8], [2, 3, 6, 7]], { theme, alt: '', bins: 2 });
  expect(marks(svg, 'line', 'path')).toHaveLength(2);
  expect(marks(svg, 'rect', 'rect')).toHaveLength(1);
});

test('lossCurve averages growing runs of steps, each step once', () => {
  const losses = Array.from({ length: 1000 }, (_, i) => 500 + 5000 / (i + 1));
  const means = logarithmicMeans(losses, 40);
  expect(means[0]).toEqual([1, 5500]);
  expect(means.length).toBeLessThanOrEqual(40);
  // The runs are consecutive and cover all steps: their lengths follow from their midpoints.
  let begin = 0;
  let total = 0;
  for (const [middle, mean] of means) {
    const length = (middle - begin - 0.5) * 2;
    total += mean * length;
    begin += length;
  }
  expect(begin).toBe(1000);
  expect(total).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0), 6);
  const svg = lossCurve(losses, { theme, alt: '', xLabel: 'step', yLabel: 'loss' });
  expect(marks(svg, 'line', 'path')).toHaveLength(1);
  expect(parseXml(svg).map(({ text }) => text)).toEqual(expect.arrayContaining(['10', '100', '1,000', '5,000']));
});

test('shrinkagePlot draws two intervals a group', () => {
  const estimate = { centre: 1, lower: 0, upper: 2 };
  const groups = ['A', 'B', 'C'].map((name) => ({ name, alone: estimate, pooled: estimate }));
  const svg = shrinkagePlot(groups, { theme, alt: '', xLabel: 'effect', centre: 1 });
  expect(marks(svg, 'dot', 'circle')).toHaveLength(6);
  expect(marks(svg, 'rule', 'line').filter(({ attributes }) => attributes['x1'] !== attributes['x2'] && 'x1' in attributes)).toHaveLength(6);
});
