/** @file The picture of the example: how estimates move, and what that does to some countries' lines. */
import { groupLines, type LineGroup } from '../plots/groupLines.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { shrinkagePlane } from '../plots/shrinkagePlane.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import { meanOf } from '../statistics.ts';
import type { Comparison } from './compare.ts';
import { timeOf, type LifeData, type Observations } from './data.ts';
import { drawsOf, meansOf, type Fit } from './fit.ts';
import type { ModelName } from './models.ts';

/** How many countries have a panel of their own: those that move most. */
const SHOWN = 4;
const YEARS = [1955, 1980, 2005];
/** What 90 % of a normal distribution lie within, in standard deviations. */
const MOST = 1.645;

/** An SVG file's text. */
export function figure({ data, fits }: Comparison): string {
  const samplesOf = (name: ModelName): Fit['samples'] => {
    const found = fits.find((fit) => fit.name === name);
    if (found === undefined) throw new Error(`the picture needs the model ${name}`);
    return found.samples;
  };
  const [alone, pooled] = [samplesOf('unpooled'), samplesOf('nonCentred')];
  const points = (samples: Fit['samples']) => {
    const [intercepts, slopes] = [meansOf('intercept', samples), meansOf('slope', samples)];
    return data.countries.map((_, i): [number, number] => [intercepts[i] ?? Number.NaN, slopes[i] ?? Number.NaN]);
  };
  const [from, to] = [points(alone), points(pooled)];
  const moves = data.countries.map((_, i) => Math.hypot((from[i]?.[0] ?? 0) - (to[i]?.[0] ?? 0), (from[i]?.[1] ?? 0) - (to[i]?.[1] ?? 0)));
  const most = [...data.countries.keys()].sort((a, b) => (moves[b] ?? 0) - (moves[a] ?? 0)).slice(0, SHOWN);
  const plane = shrinkagePlane(
    data.countries.map((name, i) => ({ name, alone: from[i] ?? [0, 0], pooled: to[i] ?? [0, 0], isNamed: most.includes(i) })),
    {
      theme,
      alt: 'Intercepts and slopes of countries, drawn towards their common mean.',
      xLabel: 'life expectancy in 1980, years',
      yLabel: 'gain in 25 years, years',
      centre: [meanOf(meansOf('intercept.mean', pooled)), meanOf(meansOf('slope.mean', pooled))],
    },
  );
  const groups = most.map((i) => lineGroup(i, data, alone, pooled));
  const shown = groups.flatMap(({ train, test, lower, upper }) => [...train.map(({ y }) => y), ...test.map(({ y }) => y), ...lower, ...upper]);
  const yDomain = [Math.min(...shown), Math.max(...shown)] as const;
  const lines = groups.map((group) => ({
    title: group.name,
    drawing: groupLines(group, { theme, alt: `Life expectancy in ${group.name}.`, yDomain }),
  }));
  const alt = 'Left: estimates of 62 countries shrink towards their common mean. Right: the lines of those that move most.';
  const sheets = [
    { title: 'A line for each of 62 countries', drawing: plane },
    { title: 'Those that move most: by itself (dashes), hierarchical (with 90 %)', drawing: panels(lines, { theme, alt, columns: 2 }) },
  ];
  return onPaper(panels(sheets, { theme, alt, columns: 2 }), theme.paper);
}

function lineGroup(country: number, data: LifeData, alone: Fit['samples'], pooled: Fit['samples']): LineGroup {
  const points = (its: Observations) =>
    its.country.flatMap((one, i) => (one === country ? [{ x: 1980 + 25 * (its.time[i] ?? Number.NaN), y: its.life[i] ?? Number.NaN }] : []));
  const values = (samples: Fit['samples'], year: number): number[] => {
    const [intercept, slope] = [drawsOf('intercept', samples), drawsOf('slope', samples)];
    return Array.from({ length: intercept.count }, (_, d) => intercept.at(d, country) + slope.at(d, country) * timeOf(year));
  };
  const moments = YEARS.map((year) => {
    const draws = values(pooled, year);
    const centre = meanOf(draws);
    // The line's own doubt, and the noise around it.
    const variance = meanOf(draws.map((value) => (value - centre) ** 2)) + meanOf(meansOf('sigma', pooled)) ** 2;
    return { centre, reach: MOST * Math.sqrt(variance) };
  });
  return {
    name: data.countries[country] ?? '',
    train: points(data.train),
    test: points(data.test),
    grid: YEARS,
    alone: YEARS.map((year) => meanOf(values(alone, year))),
    pooled: moments.map(({ centre }) => centre),
    lower: moments.map(({ centre, reach }) => centre - reach),
    upper: moments.map(({ centre, reach }) => centre + reach),
  };
}
