/** @file Whether constant indices are in range. */

/** The extremes of arrays that have been looked at: graphs are rebuilt many times with the same constants. */
const extremes = new WeakMap<Float64Array, readonly [least: number, greatest: number]>();

/** An index that is not in [0, size), or null. */
export function outsideOf(indices: Float64Array, size: number): number | null {
  const [least, greatest] = extremes.get(indices) ?? extremesOf(indices);
  if (least < 0) return least;
  return greatest >= size ? greatest : null;
}

function extremesOf(indices: Float64Array): readonly [least: number, greatest: number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const index of indices) {
    if (index < least) least = index;
    if (index > greatest) greatest = index;
  }
  extremes.set(indices, [least, greatest]);
  return [least, greatest];
}
