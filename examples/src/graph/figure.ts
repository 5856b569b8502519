/** @file The picture of the example: both graphs, with what the Bayesian network says of each node. */
import { metrics } from '@tychejs/bnn';
import { graphPlot } from '../plots/graphPlot.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import { likeliest, type Row } from './compare.ts';
import { layout } from './layout.ts';

/** An SVG file's text: a panel for each row. */
export function figure(rows: readonly Row[]): string {
  const drawings = rows.map((row) => ({
    title: `${row.graph.name}, ${row.name}: ${row.first.isLabelled.filter(Boolean).length} labels`,
    drawing: graphPlot(nodesOf(row), row.graph.edges, { theme, alt: `The graph of ${row.graph.name}: predicted and true classes, and doubt.` }),
  }));
  const alt = 'Graphs whose nodes have the colour of the predicted class, a rim of the true one, and a halo as large as the doubt.';
  return onPaper(panels(drawings, { theme, alt, columns: 2 }), theme.paper);
}

function nodesOf({ graph, first }: Row) {
  const entropies = metrics.predictiveEntropy(first.logits, { logits: true });
  return layout(graph).map((place, i) => ({
    ...place,
    name: graph.nodes[i] ?? '',
    predicted: likeliest(first.logits[i] ?? []),
    actual: graph.classes[i] ?? null,
    doubt: (entropies[i] ?? 0) / Math.log(graph.numClasses),
    isLabelled: first.isLabelled[i] ?? false,
  }));
}
