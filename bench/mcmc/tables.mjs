/** @file The results in Markdown. */

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const sum = (values) => values.reduce((total, value) => total + value, 0);
const figures = (x, digits = 2) => (Number.isFinite(x) ? Number(x.toPrecision(digits)).toLocaleString('en-US', { maximumSignificantDigits: digits }) : '');

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Medians over seeds. */
function summarise(runs) {
  return {
    gradient: median(runs.map((run) => run.sampleSeconds / run.sampleGradients)),
    essPerSecond: median(runs.map((run) => run.minEss / (run.warmupSeconds + run.sampleSeconds))),
    essPerSecondOfSampling: median(runs.map((run) => run.minEss / run.sampleSeconds)),
    divergences: sum(runs.map((run) => run.divergences)),
  };
}

/** One row a model, and one more for a second program of Stan. */
export function modelTable(models) {
  const header = [
    'model', 'compile, ms', 'to first draw, ms', 'µs a gradient, alone', 'in NUTS', 'Stan', 'ratio', 'ESS/s, warm-up counted', 'Stan',
    'ratio', 'ESS/s, sampling', 'Stan', 'Stan compiles, s', 'peak MB',
  ];
  const rows = models.flatMap(({ name, tyche, stan }) => {
    const own = summarise(tyche.flatMap(({ runs }) => runs));
    const least = (of) => Math.min(...tyche.map(of));
    const peers = stan.length > 0 ? stan : [null];
    return peers.map((peer) => {
      const other = peer && summarise(peer.runs);
      return [
        peers.length > 1 ? `${name} (Stan: ${peer.program})` : name,
        figures(least((t) => t.compileSeconds) * 1e3),
        figures(least((t) => t.firstDrawSeconds) * 1e3),
        figures(least((t) => t.gradientSeconds) * 1e6),
        figures(own.gradient * 1e6),
        other ? figures(other.gradient * 1e6) : '',
        other ? figures(other.gradient / own.gradient) : '',
        figures(own.essPerSecond),
        other ? figures(other.essPerSecond) : '',
        other ? figures(own.essPerSecond / other.essPerSecond) : '',
        figures(own.essPerSecondOfSampling),
        other ? figures(other.essPerSecondOfSampling) : '',
        peer ? figures(peer.compileSeconds) : '',
        figures(least((t) => t.peakMegabytes), 3),
      ];
    });
  });
  return table(header, rows);
}

/** Cost against the number of observations, and memory over draws. */
export function scalingTable({ scaling, memory }) {
  const rows = scaling.map(({ size, compileSeconds, gradientSeconds }) => [
    size.toLocaleString('en-US'),
    figures(compileSeconds * 1e3),
    figures(gradientSeconds * 1e6),
    figures((gradientSeconds / size) * 1e9),
  ]);
  const costs = table(['observations', 'compile, ms', 'µs a gradient', 'ns an observation'], rows);
  return `${costs}\n\nMegabytes in use over ${memory.draws} draws, a measurement every thousand: ${memory.megabytes.join(', ')}.`;
}
