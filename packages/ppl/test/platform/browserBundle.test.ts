/** @file That nothing of Node's can be reached in a browser: `node:*` is imported by Node's two files of `platform/` alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

const source = join(__dirname, '../../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** What a file imports when it runs: type imports are erased. */
function imports(file: string): string[] {
  const code = readFileSync(join(source, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  const statement = /^\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s*)?['"]([^'"]+)['"]/gm;
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...code.matchAll(statement), ...code.matchAll(dynamic)].map((match) => match[1]!);
}

const isNodes = (name: string) => name.startsWith('node:') || builtinModules.includes(name);

test('the imports of a file are found', () => {
  expect(imports('platform/node.ts')).toContain('node:fs/promises');
  expect(imports('backend/ready.ts')).toEqual(expect.arrayContaining(['#platform', './setup.ts', '@tensorflow/tfjs-core']));
});

test('only platform/node.ts and platform/nodeWorker.ts import from Node, and nobody imports them but by #platform', () => {
  const guilty = files.filter((file) => imports(file).some(isNodes)).map((file) => file.replaceAll('\\', '/'));
  expect(guilty.sort()).toEqual(['platform/node.ts', 'platform/nodeWorker.ts']);
  const nodes = guilty.map((file) => join(source, file));
  const importers = files.filter((file) =>
    imports(file).some((name) => name.startsWith('.') && nodes.includes(resolve(dirname(join(source, file)), name))),
  );
  expect(importers).toEqual([]);
});

test('from the entry a browser reaches every file but platform/node.ts, and packages that run there', () => {
  const reached = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const name of imports(file)) {
      if (name === '#platform') visit('platform/browser.ts');
      else if (name.startsWith('.')) visit(relative(source, resolve(dirname(join(source, file)), name)));
      else packages.add(name);
    }
  };
  visit('index.ts');
  expect(reached.has('platform/browser.ts')).toBe(true);
  expect(reached.has(join('platform', 'node.ts'))).toBe(false);
  expect([...packages].filter(isNodes)).toEqual([]);
  expect([...packages].filter((name) => name.includes('tfjs-node'))).toEqual([]);
});

test('the package says which platform is which', () => {
  const { imports: map } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as {
    imports: Record<string, Record<string, string>>;
  };
  expect(map['#platform']).toEqual({ node: './dist/platform/node.js', default: './dist/platform/browser.js' });
});
