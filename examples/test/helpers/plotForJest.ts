/** @file Lets Jest, which loads CommonJS only, load Observable Plot and linkedom. To be imported first. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInThisContext } from 'node:vm';

// Plot in its UMD build, with D3's, for which it asks by the name that a CDN has for it.
const plot = dirname(dirname(require.resolve('@observablehq/plot')));
const d3 = dirname(dirname(require.resolve('d3', { paths: [plot] })));
jest.doMock('@observablehq/plot', () => jest.requireActual<object>(join(plot, 'dist/plot.umd.min.js')));
jest.doMock('d3@7.9.0/dist/d3.min.js', () => jest.requireActual<object>(join(d3, 'dist/d3.min.js')), { virtual: true });

// linkedom's CommonJS build depends on ES modules. The build for workers is one file, and exports at its end only.
const linkedom = dirname(dirname(require.resolve('linkedom')));
jest.doMock('linkedom', () => {
  const source = readFileSync(join(linkedom, 'worker.js'), 'utf8');
  const body = source.replace(/^export \{[^}]*\};\s*$/m, 'return { parseHTML };');
  return (runInThisContext(`(function () { ${body}\n})`) as () => object)();
});
