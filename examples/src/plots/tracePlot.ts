/** @file Draws against time, a line for each chain: chains that mix look like noise around one level. */
import * as Plot from '@observablehq/plot';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface ChainPlotOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * The drawing as SVG text.
 *
 * @param chains - `[chain, draw]`.
 * @param every - shows each `every`-th draw only, to keep the drawing small.
 */
export function tracePlot(
  chains: readonly ArrayLike<number>[],
  { theme, alt, width = 420, height = 120, every = 1 }: ChainPlotOptions & { readonly every?: number },
): string {
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 40,
    marginRight: 20,
    marginTop: 8,
    marginBottom: 24,
    x: { label: null, ticks: 5 },
    y: { label: null, ticks: 4 },
    marks: chains.map((draws, chain) => {
      const points = Array.from(draws, (value, i) => [i + 1, value] as const).filter((_, i) => i % every === 0);
      return Plot.line(points, { stroke: theme.chains[chain % theme.chains.length] ?? theme.ink, strokeWidth: 0.6, strokeOpacity: 0.8 });
    }),
  });
}
