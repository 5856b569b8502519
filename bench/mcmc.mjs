/**
 * @file NUTS on compiled models, beside Stan where it is installed, one thread each and by turns in one run:
 *
 *     npx tsc -b && node bench/mcmc.mjs [--only NAME,NAME] [--seeds 3] [--no-stan] [--no-scaling]
 *
 * Prints tables in Markdown, and writes all figures to `bench/results/mcmc.json`.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { CASES } from './mcmc/cases.mjs';
import { runStan, stanVersion } from './mcmc/stan.mjs';
import { modelTable, scalingTable } from './mcmc/tables.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(CASES).join(',') },
    seeds: { type: 'string', default: '3' },
    'no-stan': { type: 'boolean', default: false },
    'no-scaling': { type: 'boolean', default: false },
  },
});
const seeds = Array.from({ length: Number(options.seeds) }, (_, i) => i + 1);
const run = promisify(execFile);

/** What a script of `bench/mcmc` prints, from a process of its own. */
async function ours(script, args, nodeOptions = []) {
  const path = fileURLToPath(new URL(`mcmc/${script}`, import.meta.url));
  const { stdout } = await run(process.execPath, [...nodeOptions, path, ...args], { maxBuffer: 1e8 });
  return JSON.parse(stdout);
}

/** Tyche, then Stan, then Tyche again: a machine that slows down meanwhile shows in the difference of the first and the last. */
async function measure(name, withStan) {
  const { data, stan, stanData = (x) => x, draws = 1000 } = CASES[name];
  const tyche = [await ours('tyche.mjs', [name, seeds.join(',')])];
  const peers = [];
  for (const program of withStan ? stan : []) peers.push(await runStan(program, stanData(data()), seeds, draws));
  tyche.push(await ours('tyche.mjs', [name, seeds.join(',')]));
  return { name, tyche, stan: peers };
}

const version = options['no-stan'] ? null : await stanVersion();
if (version === null && !options['no-stan']) console.error('Rscript with rstan, posterior and jsonlite is not there: no figures of Stan');
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, stan: version };
const results = new URL('results/', import.meta.url);

/** Written after every model, so that a run that is stopped has not been for nothing. */
async function write(models, scaling) {
  await mkdir(results, { recursive: true });
  const all = { date: new Date().toISOString(), machine, models, scaling };
  await writeFile(new URL('mcmc.json', results), `${JSON.stringify(all, null, 1)}\n`);
}

const models = [];
for (const name of options.only.split(',')) {
  if (!(name in CASES)) throw new Error(`no case ${name}; there are ${Object.keys(CASES).join(', ')}`);
  console.error(name);
  models.push(await measure(name, version !== null));
  await write(models, null);
}
const scaling = options['no-scaling'] ? null : await ours('scaling.mjs', [], ['--expose-gc']);
await write(models, scaling);
console.log(`${machine.cpu}, node ${machine.node}, Stan ${machine.stan ?? 'not run'}; ${seeds.length} seeds, medians\n`);
console.log(modelTable(models));
if (scaling !== null) console.log(`\n${scalingTable(scaling)}`);
