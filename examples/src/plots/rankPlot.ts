/** @file Ranks of each chain's draws among all: even histograms when the chains have found the same distribution. */
import * as Plot from '@observablehq/plot';
import { draw } from './svg.ts';
import type { ChainPlotOptions } from './tracePlot.ts';

/**
 * How many of each chain's draws fall into each of `bins` equal classes of rank among the draws of all chains.
 *
 * Ties are ranked in the order of chain and draw. Source: Vehtari, Gelman, Simpson, Carpenter, Bürkner: "Rank-normalization,
 * folding, and localization: an improved R̂" (Bayesian Analysis 2021), section 4.2.
 *
 * @param chains - `[chain, draw]`.
 * @returns `[chain, bin]`.
 */
export function rankHistograms(chains: readonly ArrayLike<number>[], bins: number): number[][] {
  const draws = chains.flatMap((values, chain) => Array.from(values, (value) => ({ value, chain })));
  draws.sort((a, b) => a.value - b.value);
  const counts = chains.map(() => Array.from({ length: bins }, () => 0));
  draws.forEach(({ chain }, rank) => {
    const histogram = counts[chain] ?? [];
    const bin = Math.floor((rank * bins) / draws.length);
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  });
  return counts;
}

/**
 * The histograms of {@link rankHistograms} as steps around the level that even ones would have, as SVG text.
 *
 * The shade about that level holds 95 % of the counts of independent draws (hypergeometric, by its normal
 * approximation).
 */
export function rankPlot(
  chains: readonly ArrayLike<number>[],
  { theme, alt, width = 420, height = 120, bins = 20 }: ChainPlotOptions & { readonly bins?: number },
): string {
  const histograms = rankHistograms(chains, bins);
  const perChain = chains[0]?.length ?? 0;
  const total = perChain * chains.length;
  const even = perChain / bins;
  // Of all draws, the class picks one in `bins`; one in `chains` is this chain's.
  const spread = 1.96 * Math.sqrt(even * (1 - 1 / bins) * (1 - 1 / chains.length));
  const tallest = Math.max(even + spread, ...histograms.flat());
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 40,
    marginRight: 20,
    marginTop: 8,
    marginBottom: 24,
    x: { label: null, domain: [0, total], ticks: 5 },
    y: { label: null, domain: [0, tallest * 1.05], ticks: 4 },
    marks: [
      Plot.rect([0], { x1: 0, x2: total, y1: even - spread, y2: even + spread, fill: theme.muted, fillOpacity: 0.14 }),
      Plot.ruleY([even], { stroke: theme.muted, strokeDasharray: '3,3' }),
      ...histograms.map((counts, chain) => {
        const steps = [...counts, counts.at(-1) ?? 0].map((count, bin) => [(bin * total) / bins, count] as const);
        return Plot.line(steps, {
          curve: 'step-after', stroke: theme.chains[chain % theme.chains.length] ?? theme.ink, strokeWidth: 1.5,
        });
      }),
      Plot.ruleY([0], { stroke: theme.muted }),
    ],
  });
}
