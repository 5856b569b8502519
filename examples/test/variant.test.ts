import { variant } from '../src/variant.ts';

test('a word chooses, and the first is chosen without one', () => {
  const variants = { full: 1, quick: 2 };
  expect(variant(variants, [])).toBe(1);
  expect(variant(variants, ['quick'])).toBe(2);
  expect(() => variant(variants, ['quik'])).toThrow('no variant "quik" of this example; there are full and quick');
});
