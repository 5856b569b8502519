/** @file Lengths cut into equal parts. */

/** Equal parts of a length, and a smaller one at the end: how many there are of each size. */
export function partsOf(length: number, size: number): { size: number; count: number }[] {
  const parts = [{ size, count: Math.floor(length / size) }, { size: length % size, count: 1 }];
  return parts.filter((part) => part.size > 0 && part.count > 0);
}
