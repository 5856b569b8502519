import fc from 'fast-check';
import { adaptationWindows } from '../../../src/infer/mcmc/windows.ts';

/** Last iterations of the windows, by a counter that runs through warm-up and decides as it goes, as Stan does. */
function lastIterations(numWarmup: number): number[] {
  let [init, base, term] = [75, 25, 50];
  if (init + base + term > numWarmup) {
    init = Math.floor(0.15 * numWarmup);
    term = Math.floor(0.1 * numWarmup);
    base = numWarmup - init - term;
  }
  const ends = [init - 1];
  let size = base;
  let next = init + base - 1;
  for (let counter = 0; counter < numWarmup; counter++) {
    if (counter !== next) continue;
    ends.push(counter);
    if (next === numWarmup - term - 1) continue;
    size *= 2;
    next = counter + size;
    if (next !== numWarmup - term - 1 && next + 2 * size >= numWarmup - term) next = numWarmup - term - 1;
  }
  return [...ends, numWarmup - 1];
}

describe('adaptationWindows', () => {
  test.each([
    [150, [[0, 75], [75, 100], [100, 150]]],
    [1000, [[0, 75], [75, 100], [100, 150], [150, 250], [250, 450], [450, 950], [950, 1000]]],
    [200, [[0, 75], [75, 100], [100, 150], [150, 200]]],
    [160, [[0, 75], [75, 100], [100, 110], [110, 160]]],
    [100, [[0, 15], [15, 90], [90, 100]]],
    [20, [[0, 3], [3, 18], [18, 20]]],
    [19, [[0, 19]]],
    [1, [[0, 1]]],
    [0, []],
  ])('of %p iterations', (numWarmup, expected) => {
    const windows = adaptationWindows(numWarmup);
    expect(windows.map(({ start, end }) => [start, end])).toEqual(expected);
    // All but the first and the last make a mass matrix.
    expect(windows.map(({ adaptsMetric }) => adaptsMetric)).toEqual(
      expected.map((_, i) => i > 0 && i < expected.length - 1),
    );
  });

  test('partition warm-up, for every length (P38)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), (numWarmup) => {
        let at = 0;
        for (const { start, end } of adaptationWindows(numWarmup)) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBe(numWarmup);
      }),
    );
  });

  test("are those of Stan's counter", () => {
    for (let numWarmup = 20; numWarmup < 3000; numWarmup += 7) {
      expect(adaptationWindows(numWarmup).map(({ end }) => end - 1)).toEqual(lastIterations(numWarmup));
    }
  });
});
