import fc from 'fast-check';
import { RandomStream } from '../../src/random/stream.ts';
import { threefry2x32 } from '../../src/random/threefry.ts';

describe('threefry2x32', () => {
  // Known-answer vectors of the Random123 distribution (kat_vectors, threefry2x32 with 20 rounds).
  test.each([
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]],
  ])('key %p, counter %p', (key, counter, expected) => {
    const out = new Uint32Array(2);
    threefry2x32(key[0]!, key[1]!, counter[0]!, counter[1]!, out);
    expect([...out]).toEqual(expected);
  });
});

describe('RandomStream', () => {
  test('is a function of its seed', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        const draws = (seed: number) => Array.from({ length: 4 }, ((s) => () => s.uint32())(RandomStream.fromSeed(seed)));
        expect(draws(a)).toEqual(draws(a));
        if (a !== b) expect(draws(a)).not.toEqual(draws(b));
      }),
    );
  });

  test('resumes bit for bit from its state', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.constantFrom('uint32', 'uniform', 'normal', 'split')), (seed, calls) => {
        const stream = RandomStream.fromSeed(seed);
        for (const call of calls) stream[call as 'normal']();
        const copy = RandomStream.fromState(JSON.parse(JSON.stringify(stream.state)));
        expect([copy.normal(), copy.uint32(), copy.split().uint32(), copy.normal()]).toEqual([
          stream.normal(),
          stream.uint32(),
          stream.split().uint32(),
          stream.normal(),
        ]);
      }),
    );
  });

  test('labels name children without changing the parent', () => {
    const stream = RandomStream.fromSeed(1);
    const names = ['', 'a', 'b', 'ab', 'ba', 'abc', 'abd', 'weight', 'bias'];
    const first = names.map((name) => stream.fold(name).uint32());
    expect(new Set(first).size).toBe(names.length);
    stream.uniform();
    stream.split();
    expect(names.map((name) => stream.fold(name).uint32())).toEqual(first);
  });

  test('draws do not disturb splits', () => {
    const a = RandomStream.fromSeed(5);
    const b = RandomStream.fromSeed(5);
    a.normal();
    expect(a.split().uint32()).toBe(b.split().uint32());
  });

  test('moments of uniform, normal, exponential lie within 4.5 standard errors', () => {
    const n = 200_000;
    const stream = RandomStream.fromSeed(17);
    const check = (draw: () => number, mean: number, variance: number, fourthCentral: number) => {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const x = draw() - mean;
        sum += x;
        squares += x * x;
      }
      expect(Math.abs(sum / n)).toBeLessThan(4.5 * Math.sqrt(variance / n));
      expect(Math.abs(squares / n - variance)).toBeLessThan(4.5 * Math.sqrt((fourthCentral - variance ** 2) / n));
    };
    check(() => stream.uniform(), 0.5, 1 / 12, 1 / 80);
    check(() => stream.normal(), 0, 1, 3);
    check(() => stream.exponential(), 1, 1, 9);
  });

  test('integer is uniform (chi-squared) and choose gives distinct entries', () => {
    const stream = RandomStream.fromSeed(3);
    const counts = Array.from({ length: 7 }, () => 0);
    for (let i = 0; i < 70_000; i++) counts[stream.integer(7)]! += 1;
    const chi2 = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(27.9); // 1 - 1e-4 quantile with 6 degrees of freedom
    const chosen = stream.choose(20, 8);
    expect(new Set(chosen).size).toBe(8);
    expect([...chosen].every((i) => i >= 0 && i < 20)).toBe(true);
  });

  test('choose is a shuffle that stops early, for few of many and many of few', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (seed, size, wanted) => {
        const count = Math.min(size, wanted);
        const [stream, draws] = [RandomStream.fromSeed(seed), RandomStream.fromSeed(seed)];
        const items = Array.from({ length: size }, (_, i) => i);
        for (let i = 0; i < count; i++) items.splice(i, 1, ...items.splice(i + draws.integer(size - i), 1, items[i]!));
        expect([...stream.choose(size, count)]).toEqual(items.slice(0, count));
      }),
    );
  });

  test('refuses a seed that is no integer', () => {
    expect(() => RandomStream.fromSeed(0.5)).toThrow(/seed must be an integer/);
  });
});
