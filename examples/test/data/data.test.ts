import * as fc from 'fast-check';
import { readData } from '../../src/data/readData.ts';
import { split } from '../../src/data/split.ts';
import { restore, standardisation, standardise } from '../../src/data/standardise.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const varied = fc.array(finite, { minLength: 2, maxLength: 50 }).filter((values) => Math.max(...values) - Math.min(...values) > 1e-3);

test('standardised values have mean 0 and sd 1, and come back', () => {
  fc.assert(
    fc.property(varied, (values) => {
      const units = standardisation(values);
      const standard = standardise(values, units);
      const n = values.length;
      expect(standard.reduce((sum, value) => sum + value, 0) / n).toBeCloseTo(0, 5);
      expect(standard.reduce((sum, value) => sum + value ** 2, 0) / n).toBeCloseTo(1, 5);
      restore(standard, units).forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(1e-9 * (1 + Math.abs(units.mean) + units.sd)));
    }),
  );
  expect(standardise([1, 3], standardisation([1, 3]))).toEqual([-1, 1]);
  expect(() => standardisation([2, 2])).toThrow(/do not vary/);
});

test('a split is a partition in order, the same for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (size, heldOut, seed) => {
      const rows = Array.from({ length: size }, (_, i) => i);
      const { train, test } = split(rows, heldOut, seed);
      expect(test).toHaveLength(Math.round(heldOut * size));
      expect([...train, ...test].toSorted((a, b) => a - b)).toEqual(rows);
      expect(train).toEqual(train.toSorted((a, b) => a - b));
      expect(split(rows, heldOut, seed)).toEqual({ train, test });
    }),
  );
  const rows = Array.from({ length: 100 }, (_, i) => i);
  // Pinned: the numbers of the demo are those of one split.
  expect(split(rows, 0.05, 1).test).toEqual([5, 46, 56, 69, 90]);
  expect(split(rows, 0.5, 1).test).not.toEqual(split(rows, 0.5, 2).test);
});

test('the data are those that their README describes', () => {
  const cars = readData('cars.json') as Record<string, unknown>[];
  expect(cars).toHaveLength(406);
  expect(cars.filter((car) => car['Horsepower'] !== null && car['Miles_per_Gallon'] !== null)).toHaveLength(392);
  const schools = readData('eightSchools.json') as { effect: number[]; reference: Record<string, unknown> };
  expect(schools.effect).toEqual([28, 8, -3, 7, -1, 1, 18, 12]);
  expect(Object.keys(schools.reference)).toEqual(['mu', 'tau', ...schools.effect.map((_, i) => `theta[${i}]`)]);
});
