/**
 * @file What warm-up costs, and what it is worth: gradients spent and effective draws gained over twelve posteriors of
 * posteriordb, for each way to adapt. Counts, not times, so that it does not matter what else the machine does. Build
 * first: npx tsc -b packages/ppl. Prints tables in Markdown and writes results/warmup.json.
 *
 *     node bench/warmup.mjs [runs, each with another seed]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { infer } from '@tychejs/ppl';
import { posteriors } from './warmup/posteriors.mjs';

const runs = Number(process.argv[2] ?? 3);
const numChains = 4;

const schemes = {
  'Stan, diagonal': { adaptation: 'stan', massMatrix: 'diagonal' },
  'Stan, dense': { adaptation: 'stan', massMatrix: 'dense' },
  'gradients, diagonal': { massMatrix: 'diagonal' },
  'gradients (default)': {},
  'gradients, from Pathfinder': { initStrategy: 'pathfinder' },
};

/** The log density as `MCMC` takes it, one site for each name. */
function target({ dimension, evaluate, constrain }) {
  const sites = (q) => Object.entries(constrain(q)).map(([name, value]) => [name, { data: Float64Array.of(value), shape: [] }]);
  return { dimension, evaluate, constrain: (q) => Object.fromEntries(sites(q)) };
}

/** |mean - reference| in standard errors: ours, and the hundredth of an sd of the reference draws. */
function discrepancy(chains, mean, sd) {
  const all = chains.flatMap((chain) => Array.from(chain));
  const ours = all.reduce((sum, x) => sum + x, 0) / all.length;
  return Math.abs(ours - mean) / Math.hypot(infer.meanStandardError(chains), sd / 100);
}

async function run({ density, reference }, { initStrategy = 'uniform', ...options }, seed) {
  let evaluations = 0;
  const counted = { ...density, evaluate: (q, slope) => (evaluations++, density.evaluate(q, slope)) };
  const kernel = new infer.NUTS(target(counted), options);
  const mcmc = new infer.MCMC(kernel, { numSamples: 1000, numChains, seed, initStrategy, progressBar: false });
  await mcmc.run();
  const summary = Object.values(mcmc.summary());
  const samples = mcmc.getSamples({ groupByChain: true });
  const errors = Object.entries(reference).flatMap(([name, { mean, sd, mean_sq, sd_sq }]) => {
    const { data } = samples[name];
    const chains = Array.from({ length: numChains }, (_, c) => data.subarray(1000 * c, 1000 * (c + 1)));
    return [discrepancy(chains, mean, sd), discrepancy(chains.map((chain) => chain.map((x) => x * x)), mean_sq, sd_sq)];
  });
  const chains = mcmc.diagnostics();
  const total = (field) => chains.reduce((sum, chain) => sum + chain[field], 0);
  return {
    // All but those of sampling: also where chains begin, and with which step size.
    warmupGradients: (evaluations - total('numLeapfrog')) / numChains,
    gradients: total('numLeapfrog') / numChains,
    minEss: Math.min(...summary.map(({ essBulk }) => essBulk)),
    maxRHat: Math.max(...summary.map(({ rHat }) => rHat)),
    maxError: Math.max(...errors),
    divergences: total('divergences'),
    treeDepthSaturated: total('treeDepthSaturated'),
  };
}

const geometricMean = (values) => Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);

const results = {};
for (const [scheme, options] of Object.entries(schemes)) {
  const rows = [];
  for (const posterior of posteriors) {
    const all = [];
    for (let seed = 1; seed <= runs; seed++) all.push(await run(posterior, options, seed));
    const mean = (of) => geometricMean(all.map(of));
    rows.push({
      posterior: posterior.name,
      warmupGradients: mean((r) => r.warmupGradients),
      gradients: mean((r) => r.gradients),
      essPerThousandGradients: mean((r) => (1000 * r.minEss) / (numChains * r.gradients)),
      essPerThousandWithWarmup: mean((r) => (1000 * r.minEss) / (numChains * (r.gradients + r.warmupGradients))),
      maxRHat: Math.max(...all.map((r) => r.maxRHat)),
      maxError: Math.max(...all.map((r) => r.maxError)),
      divergences: all.reduce((sum, r) => sum + r.divergences, 0),
      treeDepthSaturated: all.reduce((sum, r) => sum + r.treeDepthSaturated, 0),
    });
  }
  results[scheme] = rows;
  console.log(`\n### ${scheme}\n`);
  console.log('| posterior | gradients of warm-up, a chain | of 1000 draws | ESS per 1000 gradients | with warm-up | max R̂ | max error | divergent | tree depth 10 |');
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|');
  for (const row of rows) {
    const cells = [
      row.posterior, row.warmupGradients.toFixed(0), row.gradients.toFixed(0), row.essPerThousandGradients.toFixed(1),
      row.essPerThousandWithWarmup.toFixed(1), row.maxRHat.toFixed(3), row.maxError.toFixed(1), row.divergences, row.treeDepthSaturated,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

console.log(`\n### Geometric means over the posteriors (${runs} runs of ${numChains} chains each)\n`);
console.log('| | gradients of warm-up, a chain | ESS per 1000 gradients | with warm-up |');
console.log('|---|---:|---:|---:|');
for (const [scheme, rows] of Object.entries(results)) {
  const mean = (field) => geometricMean(rows.map((row) => row[field]));
  console.log(
    `| ${scheme} | ${mean('warmupGradients').toFixed(0)} | ${mean('essPerThousandGradients').toFixed(1)} | ` +
      `${mean('essPerThousandWithWarmup').toFixed(1)} |`,
  );
}

const folder = new URL('results/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('warmup.json', folder), `${JSON.stringify({ runs, numChains, results }, null, 1)}\n`);
