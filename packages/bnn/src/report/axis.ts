/** @file Axes: from data to places in a drawing, and round numbers along the way. */

export interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  /** Where marks stand; round numbers by default. */
  readonly ticks?: readonly number[];
}

/** From a value to a place. */
export type Scale = (value: number) => number;

export function scaleOf([from, to]: Axis['domain'], [start, end]: readonly [number, number]): Scale {
  const size = to - from || 1;
  return (value) => start + ((value - from) / size) * (end - start);
}

/** The smallest domain around finite values; `padding` is a share of its size. */
export function domainOf(values: Iterable<number>, padding: number = 0): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const size = high - low || Math.abs(high) || 1;
  return low === high ? [low - size / 2, high + size / 2] : [low - padding * size, high + padding * size];
}

/** About five round numbers within a domain: multiples of 1, 2 or 5 times a power of ten. */
export function roundTicks([from, to]: Axis['domain']): number[] {
  const rough = (to - from) / 5;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? 10 * power;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(1, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
