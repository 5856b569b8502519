/** @file A graph with what was predicted for its nodes, and how surely. */
import * as Plot from '@observablehq/plot';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface GraphNode {
  /** In the unit square. */
  readonly x: number;
  readonly y: number;
  readonly name: string;
  /** The class that is likeliest, and the true one; `null` for a node without a class. */
  readonly predicted: number;
  readonly actual: number | null;
  /** Doubt, from 0 to 1. */
  readonly doubt: number;
  readonly isLabelled: boolean;
}

export interface GraphPlotOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly width?: number;
  readonly height?: number;
}

/** For classes beyond the theme's colours. */
const MORE_COLOURS = ['#b58900', '#6b7a3a', '#c23b6b', '#00829b'];
const RADIUS = 5;
/** The halo of the greatest doubt reaches so far beyond the node. */
const HALO = 11;

/**
 * The drawing as SVG text. A node's fill is the class predicted, its rim the true one; the larger its halo, the greater the
 * doubt; nodes with a label are squares with their names.
 *
 * @param edges - pairs of nodes, as indices.
 */
export function graphPlot(
  nodes: readonly GraphNode[],
  edges: readonly { readonly from: number; readonly to: number }[],
  { theme, alt, width = 440, height = 400 }: GraphPlotOptions,
): string {
  const palette = [...theme.chains, ...MORE_COLOURS];
  const colour = (label: number | null): string => (label === null ? theme.muted : (palette[label % palette.length] ?? theme.ink));
  const at = { x: 'x', y: 'y' } as const;
  const lines = edges.flatMap(({ from, to }) => {
    const [a, b] = [nodes[from], nodes[to]];
    return a && b ? [{ x1: a.x, y1: a.y, x2: b.x, y2: b.y }] : [];
  });
  const dot = (those: readonly GraphNode[], symbol: 'circle' | 'square') =>
    Plot.dot(those, {
      ...at, r: RADIUS, symbol, fill: (node: GraphNode) => colour(node.predicted), stroke: (node: GraphNode) => colour(node.actual), strokeWidth: 2,
    });
  return draw({
    theme,
    alt,
    width,
    height,
    margin: 22,
    x: { axis: null, domain: [0, 1] },
    y: { axis: null, domain: [0, 1] },
    r: { type: 'identity' },
    color: { type: 'identity' },
    symbol: { type: 'identity' },
    marks: [
      Plot.link(lines, { x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', stroke: theme.muted, strokeOpacity: 0.3, strokeWidth: 0.8 }),
      Plot.dot(nodes, { ...at, r: (node: GraphNode) => RADIUS + HALO * node.doubt, fill: (node: GraphNode) => colour(node.predicted), fillOpacity: 0.22 }),
      dot(nodes.filter(({ isLabelled }) => !isLabelled), 'circle'),
      dot(nodes.filter(({ isLabelled }) => isLabelled), 'square'),
      Plot.text(nodes.filter(({ isLabelled }) => isLabelled), {
        ...at, text: 'name', dy: -14, fontSize: 11, fontWeight: 600, fill: theme.ink, stroke: theme.paper, strokeWidth: 3,
      }),
    ],
  });
}
