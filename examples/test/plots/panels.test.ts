/** @file Sheets of several drawings, and the drawings that only examples of their own have. */
import '../helpers/plotForJest.ts';
import { onPaper } from '../../src/plots/onPaper.ts';
import { panels } from '../../src/plots/panels.ts';
import { posteriorBands } from '../../src/plots/posteriorBands.ts';
import { lightTheme as theme } from '../../src/plots/theme.ts';
import { parseXml } from '../helpers/xml.ts';

const drawing = (width: number, height: number) => `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><style></style></svg>`;

test('drawings stand in rows, each as tall as its tallest, without touching', () => {
  const all = [drawing(100, 50), drawing(80, 70), drawing(60, 40)].map((one, i) => ({ title: `${i} & more`, drawing: one }));
  const elements = parseXml(panels(all, { theme, alt: 'three "panels"', columns: 2 }));
  const [sheet, ...rest] = elements;
  expect(sheet!.attributes['aria-label']).toBe('three "panels"');
  const places = rest.filter(({ name }) => name === 'svg').map(({ attributes }) => ['x', 'y', 'width', 'height'].map((key) => Number(attributes[key])));
  const [first, second, third] = places;
  expect(second![0]).toBeGreaterThanOrEqual(first![0]! + 100);
  expect([second![1], third![0]]).toEqual([first![1], first![0]]);
  // Below the taller one of the first row, and inside of the sheet.
  expect(third![1]).toBeGreaterThanOrEqual(second![1]! + 70);
  expect(Number(sheet!.attributes['height'])).toBe(third![1]! + 40);
  expect(Number(sheet!.attributes['width'])).toBe(second![0]! + 100);
  expect(rest.map(({ text }) => text)).toEqual(expect.arrayContaining(['0 & more', '1 & more', '2 & more']));
});

test('a sheet may be a panel, and stand on paper', () => {
  const inner = panels([{ title: 'a', drawing: drawing(10, 10) }], { theme, alt: 'inner', columns: 1 });
  const outer = onPaper(panels([{ title: 'b', drawing: inner }], { theme, alt: 'outer', columns: 1 }), theme.paper);
  expect(parseXml(outer).filter(({ name }) => name === 'svg')).toHaveLength(3);
  expect(parseXml(outer).filter(({ name, attributes }) => name === 'rect' && attributes['fill'] === theme.paper)).toHaveLength(1);
  expect(() => panels([{ title: 'c', drawing: '<svg></svg>' }], { theme, alt: '', columns: 1 })).toThrow('no viewBox');
});

test('posteriorBands draws three bands, the mean and each function', () => {
  const grid = [0, 1, 2];
  const svg = posteriorBands({ data: [{ x: 0, y: 0 }], grid, mean: [0, 1, 0], sd: [1, 1, 1], functions: [[0, 0, 0], [1, 1, 1]] }, { theme, alt: '', yDomain: [-3, 3] });
  const marks = (label: string, kind: string) => parseXml(svg).filter(({ name, within }) => name === kind && within.includes(label));
  expect(marks('area', 'path')).toHaveLength(3);
  expect(marks('line', 'path')).toHaveLength(3);
  expect(marks('dot', 'circle')).toHaveLength(1);
});
