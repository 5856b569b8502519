/** @file Carbon dioxide in the air over Mauna Loa, month by month. */
import { readFileSync } from 'node:fs';

/** A month counts from January of the year 0: its year is the whole part of a twelfth. */
export type Month = number;

export interface Series {
  /** Consecutive. */
  readonly months: readonly Month[];
  /** Parts per million; `null` where nothing was measured. */
  readonly co2: readonly (number | null)[];
}

/** A month as a year with its fraction, at the middle of the month. */
export function yearOf(month: Month): number {
  return (month + 0.5) / 12;
}

/** The whole record, from March 1958 to April 2020. */
export function loadCo2(): Series {
  return readSeries(readFileSync(new URL('../../data/co2.csv', import.meta.url), 'utf8'));
}

/** A series from lines of `date,co2,...` under a title; months without a line are there without a value. @throws Error for other lines. */
export function readSeries(csv: string): Series {
  const measured = new Map<Month, number>();
  for (const line of csv.trim().split(/\r?\n/).slice(1)) {
    const [, year, month, value] = /^(\d{4})-(\d\d)-\d\d,([\d.]+),/.exec(line) ?? [];
    if (year === undefined || month === undefined || value === undefined) throw new Error(`not a line of the record: ${line}`);
    measured.set(12 * Number(year) + Number(month) - 1, Number(value));
  }
  const first = Math.min(...measured.keys());
  const months = Array.from({ length: Math.max(...measured.keys()) - first + 1 }, (_, i) => first + i);
  return { months, co2: months.map((month) => measured.get(month) ?? null) };
}

/** The months of `series` in which `isWanted`. */
export function restrict({ months, co2 }: Series, isWanted: (month: Month) => boolean): Series {
  return { months: months.filter(isWanted), co2: co2.filter((_, i) => isWanted(months[i] ?? Number.NaN)) };
}
