/** @file The map against `Map`. */
import * as fc from 'fast-check';
import { TripleMap } from '../../src/graph/tripleMap.ts';

test('holds what a map with the numbers as text would', () => {
  const key = fc.tuple(fc.nat(7), fc.nat(2 ** 30), fc.nat(7));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat()), { maxLength: 300 }), fc.array(key), (entries, others) => {
      const [map, expected] = [new TripleMap(), new Map<string, number>()];
      for (const [[a, b, c], value] of entries) {
        map.set(a, b, c, value);
        expected.set([a, b, c].join(), value);
      }
      for (const [a, b, c] of [...entries.map(([first]) => first), ...others]) {
        expect(map.get(a, b, c)).toBe(expected.get([a, b, c].join()) ?? -1);
      }
    }),
    { seed: 1 },
  );
});
