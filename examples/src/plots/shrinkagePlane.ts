/** @file Estimates of two numbers for each group, alone and pooled: where each moves. */
import * as Plot from '@observablehq/plot';
import { legend } from './legend.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface PlaneGroup {
  readonly name: string;
  readonly alone: readonly [x: number, y: number];
  readonly pooled: readonly [x: number, y: number];
  /** Whether the name is shown. */
  readonly isNamed: boolean;
}

export interface ShrinkagePlaneOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** What is common to all. */
  readonly centre: readonly [x: number, y: number];
  readonly width?: number;
  readonly height?: number;
}

/** The drawing as SVG text: an arrow for each group, from the estimate alone to the pooled one. */
export function shrinkagePlane(
  groups: readonly PlaneGroup[],
  { theme, alt, xLabel, yLabel, centre, width = 460, height = 470 }: ShrinkagePlaneOptions,
): string {
  const at = (which: 'alone' | 'pooled') => ({ x: (group: PlaneGroup) => group[which][0], y: (group: PlaneGroup) => group[which][1] });
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 44,
    marginTop: 34,
    marginBottom: 44,
    x: { label: xLabel, labelAnchor: 'center', labelArrow: 'none', inset: 8 },
    y: { label: yLabel, labelArrow: 'none', inset: 8 },
    marks: [
      Plot.gridX({ stroke: theme.rule, strokeOpacity: 1 }),
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1 }),
      Plot.arrow(groups, {
        x1: ({ alone }: PlaneGroup) => alone[0], y1: ({ alone }: PlaneGroup) => alone[1],
        x2: ({ pooled }: PlaneGroup) => pooled[0], y2: ({ pooled }: PlaneGroup) => pooled[1],
        stroke: theme.muted, strokeOpacity: 0.6, headLength: 4, strokeWidth: 1,
      }),
      Plot.dot(groups, { ...at('alone'), r: 2.6, fill: theme.contrast }),
      Plot.dot(groups, { ...at('pooled'), r: 3.2, fill: theme.accent }),
      Plot.dot([centre], { x: (c: typeof centre) => c[0], y: (c: typeof centre) => c[1], r: 5, symbol: 'plus', fill: theme.ink, stroke: theme.paper, strokeWidth: 1 }),
      Plot.text(groups.filter(({ isNamed }) => isNamed), { ...at('alone'), text: 'name', dy: -9, fontSize: 11, fill: theme.ink, stroke: theme.paper, strokeWidth: 3 }),
      legend(
        [
          { label: 'each country by itself', swatch: 'dot', colour: theme.contrast },
          { label: 'in the hierarchical model', swatch: 'dot', colour: theme.accent },
        ],
        theme,
        { left: 56, top: 48 },
      ),
    ],
  });
}
