/** @file Serves the built packages to a page without a bundler: imports by name become addresses on the way. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const requireOfPpl = createRequire(join(root, 'packages/ppl/package.json'));

/** What compiled programs need, and nothing else: neither inline scripts nor eval. */
export const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

const PAGE = `<!doctype html><meta charset="utf-8"><title>Tyche</title>
<script type="module" src="/bench/page.mjs"></script>`;

/** The bundle of a tfjs package that has everything in one file. */
const tfjsBundle = (name) => join(dirname(requireOfPpl.resolve(`@tensorflow/tfjs-${name}/package.json`)), `dist/tf-${name}.fesm.js`);

/** Where imports by name are served from. */
const ADDRESSES = {
  '#platform': '/packages/ppl/dist/platform/browser.js',
  '@tychejs/ppl': '/packages/ppl/dist/index.js',
  '@tychejs/bnn': '/packages/bnn/dist/index.js',
  '@tychejs/jit': '/packages/jit/dist/index.js',
  '@tychejs/jit/program': '/packages/jit/dist/program/index.js',
  '@tensorflow/tfjs-core': '/npm/core.js',
  '@tensorflow/tfjs-layers': '/npm/layers.js',
  '@tensorflow/tfjs-backend-cpu': '/npm/cpu.js',
  '@tensorflow/tfjs-backend-wasm': '/npm/wasm.js',
  immer: '/npm/immer.js',
  seedrandom: '/npm/seedrandom.js',
};

const NPM = {
  '/npm/core.js': () => readFile(tfjsBundle('core'), 'utf8'),
  '/npm/layers.js': () => readFile(tfjsBundle('layers'), 'utf8'),
  '/npm/cpu.js': () => readFile(tfjsBundle('backend-cpu'), 'utf8'),
  '/npm/wasm.js': () => readFile(tfjsBundle('backend-wasm'), 'utf8'),
  '/npm/immer.js': () => readFile(requireOfPpl.resolve('immer').replace(/cjs[\\/].*$/, 'immer.production.mjs'), 'utf8'),
  '/npm/seedrandom.js': seedrandom,
  // tfjs's bundles name modules of Node that they do not use in a browser.
  '/npm/nothing.js': () => 'export default {};',
};

/** The one generator that tfjs uses; the package is CommonJS. */
async function seedrandom() {
  const cpu = createRequire(tfjsBundle('backend-cpu'));
  const source = await readFile(cpu.resolve('seedrandom/lib/alea.js'), 'utf8');
  return `const module = { exports: {} };\n(function () {\n${source}\n}).call(globalThis);\nexport const alea = module.exports;`;
}

/** `code` with addresses in place of names in its imports. */
function resolved(code) {
  const replace = (whole, before, name, after) =>
    name.startsWith('.') || name.startsWith('/') ? whole : `${before}${ADDRESSES[name] ?? '/npm/nothing.js'}${after}`;
  return code
    .replaceAll(/^((?:import|export)\s[^'"]*?\bfrom\s*['"])([^'"]+)(['"])/gm, replace)
    .replaceAll(/^(import\s*['"])([^'"]+)(['"])/gm, replace)
    .replaceAll(/(\bimport\(\s*['"])([^'"]+)(['"]\s*\))/g, replace);
}

async function contentOf(path, network) {
  if (path === '/') return { type: 'text/html; charset=utf-8', body: PAGE };
  if (path === '/network.safetensors') return { type: 'application/octet-stream', body: network };
  const bench = /^\/bench\/(measure|network|page)\.mjs$/.exec(path);
  const built = /^\/packages\/(?:bnn|ppl|jit)\/dist\/[\w/.-]+\.js$/.test(path) && !path.includes('..');
  let code = null;
  if (NPM[path] !== undefined) code = await NPM[path]();
  else if (bench !== null) code = await readFile(join(here, `${bench[1]}.mjs`), 'utf8');
  else if (built) code = await readFile(join(root, path), 'utf8');
  return code === null ? null : { type: 'text/javascript; charset=utf-8', body: resolved(code) };
}

/**
 * Serves the page at the address that is returned, and resolves `result` to what it reports.
 *
 * @param {Uint8Array} network - the file of a network, for the page to load.
 * @returns {Promise<{ url: string, result: Promise<object>, close: () => void }>}
 */
export async function serve(network) {
  let settle = () => {};
  const result = new Promise((resolve) => {
    settle = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method === 'POST' && request.url === '/result') {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end();
      settle(JSON.parse(Buffer.concat(chunks).toString()));
      return;
    }
    const content = await contentOf(new URL(request.url, 'http://localhost').pathname, network).catch((error) => {
      console.error(error);
      return null;
    });
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    if (content === null) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('Content-Type', content.type);
    response.end(content.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, result, close: () => server.close() };
}
