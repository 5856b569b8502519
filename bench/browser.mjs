/**
 * @file Eight schools and a logistic regression, sampled and fitted in a page of headless Chromium and in Node: whether the results are
 * the same, and how fast each is; and a Bayesian network, saved in Node and loaded in the page. The page's Content-Security-Policy allows no eval and no inline scripts. Build first:
 * npx tsc -b packages/bnn.
 *
 *     node bench/browser.mjs [chromium]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from './browser/measure.mjs';
import { trainNetwork } from './browser/network.mjs';
import { CONTENT_SECURITY_POLICY, serve } from './browser/server.mjs';

const NAMES = [process.argv[2] ?? process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
const PATIENCE_MS = 300_000;

/** Starts the first browser there is on `url`; resolves once it runs. */
async function open(url, profile) {
  const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`, url];
  for (const name of NAMES) {
    // In a process group of its own, since it may be a script that starts the browser.
    const browser = spawn(name, options, { stdio: 'ignore', detached: true });
    const runs = await new Promise((resolve) => {
      browser.once('spawn', () => resolve(true));
      browser.once('error', () => resolve(false));
    });
    if (runs) return browser;
  }
  console.error(`No browser found (tried ${NAMES.join(', ')}). Install Chromium, as in
    apt-get install chromium
or say where it is:
    node bench/browser.mjs /path/to/chromium`);
  process.exit(1);
}

/** Ends a browser with all its processes. */
function stop(browser) {
  try {
    process.kill(-browser.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function measureInPage(file) {
  const profile = mkdtempSync(join(tmpdir(), 'tyche-browser-'));
  const server = await serve(file);
  const browser = await open(server.url, profile);
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  try {
    const late = new Promise((_, reject) =>
      setTimeout(() => reject(new Error('the page has not answered for five minutes')), PATIENCE_MS).unref(),
    );
    const died = ended.then((code) => ({ error: `the browser ended with code ${code}` }));
    const { error, results, network, userAgent } = await Promise.race([server.result, died, late]);
    if (error !== undefined) throw new Error(`in the page: ${error}`);
    return { results, network, userAgent };
  } finally {
    stop(browser);
    await ended;
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);
const digits = (x) => Number(x.toPrecision(3));

const inNode = await measure();
const { bytes, ...network } = await trainNetwork();
const { results: inPage, network: loaded, userAgent } = await measureInPage(bytes);
console.log(`Node ${process.versions.node} and ${/Chrome\/\S+/.exec(userAgent)?.[0] ?? userAgent}, policy: ${CONTENT_SECURITY_POLICY}`);
let failed = false;
for (const [name, node] of Object.entries(inNode)) {
  const page = inPage[name];
  const error = largest(node.values.map((x, i) => Math.abs(x - page.values[i]) / Math.max(1, Math.abs(x))));
  const drift = largest(node.firstDraws.map((x, i) => Math.abs(x - page.firstDraws[i]) / Math.max(1, Math.abs(x))));
  const off = largest(
    Object.entries(node.summary).map(([scalar, row]) => Math.abs(row.mean - page.summary[scalar].mean) / row.mcseMean),
  );
  const lossDrift = largest(node.steps.losses.map((x, i) => Math.abs(x - page.steps.losses[i]) / Math.max(1, Math.abs(x))));
  const speed = { evaluation: node.evaluation / page.evaluation, sampling: node.sampling / page.sampling };
  console.log(`\n${name}
  largest relative difference of log density and gradient at 100 points: ${error.toExponential(1)}
  largest relative difference of the first ten draws, without warm-up: ${drift.toExponential(1)}
  posterior means at most ${digits(off)} standard errors apart
  draws in workers are those of the page's own thread: ${page.sameInWorkers}
  µs a gradient alone: ${digits(node.evaluation)} in Node, ${digits(page.evaluation)} in the page: ${digits(speed.evaluation)} × Node's speed
  µs a gradient in NUTS: ${digits(node.sampling)} in Node, ${digits(page.sampling)} in the page: ${digits(speed.sampling)} × Node's speed
  largest relative difference of the losses of 20 compiled steps of SVI: ${lossDrift.toExponential(1)}
  µs a step of SVI: ${digits(node.steps.microseconds)} in Node, ${digits(page.steps.microseconds)} in the page
  4 chains: ${digits(node.secondsHere)} s in Node (${digits(node.secondsInWorkers)} s in workers), ${digits(page.secondsHere)} s in the page (${digits(page.secondsInWorkers)} s in workers)`);
  failed ||= !(error < 1e-12) || !(drift < 1e-6) || !(off < 5) || !(lossDrift < 1e-4) || !page.sameInWorkers || !node.sameInWorkers;
}
const logitDrift = largest(network.logits.map((x, i) => Math.abs(x - loaded.logits[i]) / Math.max(1, Math.abs(x))));
console.log(`
a network with batch normalisation, trained in Node and loaded in the page from ${bytes.length} bytes
  largest relative difference of logits by 32 draws: ${logitDrift.toExponential(1)}
  a report has ${network.reportLength} characters in Node, ${loaded.reportLength} in the page`);
failed ||= !(logitDrift < 1e-5);
if (failed) {
  console.error('\nThe results differ.');
  process.exitCode = 1;
}
