/** @file Losses of several fits in one plot, and a drawing on paper of its own. */
import '../helpers/plotForJest.ts';
import fc from 'fast-check';
import { lossCurves, spread } from '../../src/plots/lossCurves.ts';
import { onPaper } from '../../src/plots/onPaper.ts';
import { lightTheme as theme } from '../../src/plots/theme.ts';
import { parseXml } from '../helpers/xml.ts';

const fits = ['one', 'two & three'].map((name, i) => ({ name, losses: Array.from({ length: 500 }, (_, step) => 10 + (i + 5) / (step + 1)) }));
const svg = lossCurves(fits, { theme, alt: 'two fits', xLabel: 'step', yLabel: 'nats', least: 10, floor: 0.1 });

test('draws a line and a name for each fit, on axes of ones, twos and fives', () => {
  const elements = parseXml(svg);
  expect(elements.filter(({ name, within }) => name === 'path' && within.includes('line'))).toHaveLength(2);
  const words = elements.map(({ text }) => text);
  expect(words).toEqual(expect.arrayContaining(['one', 'two & three', '0.1', '0.2', '0.5', '1', '2', '5', 'step', 'nats']));
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('names keep their order and their distance', () => {
  expect(spread([5, 1, 1.1], 1)).toEqual([5, 0.55, 1.55]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { maxLength: 8 }), fc.double({ min: 0.1, max: 3, noNaN: true }), (positions, gap) => {
      const places = spread(positions, gap);
      const order = [...positions.keys()].sort((a, b) => positions[a]! - positions[b]! || a - b);
      order.slice(1).forEach((index, i) => expect(places[index]! - places[order[i]!]!).toBeGreaterThanOrEqual(gap * (1 - 1e-9)));
      // Nothing is moved where there is room, and nothing is pushed to one side.
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      expect(sum(places)).toBeCloseTo(sum(positions), 8);
    }),
  );
});

test('paper lies below the drawing, and reaches around it', () => {
  const elements = parseXml(onPaper(svg, '#fedcba'));
  const [root] = elements;
  const paper = elements.findIndex(({ attributes }) => attributes['fill'] === '#fedcba');
  expect(elements[paper]).toMatchObject({ name: 'rect', attributes: { x: '-16', y: '-16', width: '912', height: '492' } });
  expect(paper).toBeLessThan(elements.findIndex(({ name }) => name === 'path'));
  expect(root!.attributes).toMatchObject({ viewBox: '-16 -16 912 492', width: '912', height: '492' });
});
