/** @file That workers start fast: what they load is little, and tfjs is no part of it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const packages = join(__dirname, '../../../../..');

/** The file that `@tychejs/NAME` or `@tychejs/NAME/SUBPATH` stands for. */
function fileOf(specifier: string): string {
  const [, name, ...subpath] = specifier.split('/');
  const { exports } = JSON.parse(readFileSync(join(packages, `${name}/package.json`), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  return join(packages, name!, exports[['.', ...subpath].join('/')]!.default);
}

/** All files that `entry` loads, and the packages, but for those that are followed. */
function reach(entry: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const statement = /^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
    for (const match of readFileSync(file, 'utf8').matchAll(statement)) {
      const name = match[1] ?? match[2] ?? match[3]!;
      if (name.startsWith('.')) visit(resolve(dirname(file), name));
      else if (name.startsWith('@tychejs/')) visit(fileOf(name));
      else others.add(name);
    }
  };
  visit(entry);
  return { files, others };
}

test.each([
  ['nodeWorker', ['immer', 'node:worker_threads']],
  ['browserWorker', ['immer']],
])('%s loads what chains need', (name, allowed) => {
  const { files, others } = reach(join(packages, `ppl/dist/platform/${name}.js`));
  for (const file of files) expect(existsSync(file)).toBe(true);
  const loaded = [...files].map((file) => file.replaceAll('\\', '/'));
  expect(loaded).toContainEqual(expect.stringMatching(/ppl\/dist\/infer\/mcmc\/nuts\.js$/));
  expect(loaded).toContainEqual(expect.stringMatching(/jit\/dist\/program\/program\.js$/));
  expect([...others].sort()).toEqual(allowed);
  // Nor the model side of this package, nor the other platform's side.
  expect(loaded.filter((file) => /\/mcmc\/model\/|\/handlers\/|\/distributions\/|\/platform\/(node|browser)\.js$/.test(file))).toEqual([]);
});
