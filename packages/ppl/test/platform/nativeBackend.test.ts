/** @file Loading tfjs-node, with stand-ins for it in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

/** What `loadNativeBackend` does in a fresh Node where tfjs-node is `index`, or is not there. */
function load(index: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'tyche-native-'));
  try {
    const source = readFileSync(join(__dirname, '../../src/platform/node.ts'), 'utf8');
    const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    writeFileSync(join(folder, 'node.mjs'), code);
    if (index !== null) {
      const home = join(folder, 'node_modules/@tensorflow/tfjs-node');
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, 'index.js'), index);
    }
    const script = `
      import util from 'node:util';
      delete util.isNullOrUndefined; // as Node 23 did
      const { loadNativeBackend } = await import('./node.mjs');
      console.log(await loadNativeBackend().then(String, (error) => 'threw ' + error.message), globalThis.seen ?? '');
    `;
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('is false where tfjs-node is not installed', () => {
  expect(load(null)).toBe('false');
});

test('is true where it loads, and gives it the function that Node 23 removed', () => {
  const index = `
    const util = require('util');
    globalThis.seen = [null, undefined, 0].map((x) => util.isNullOrUndefined(x)).join();
  `;
  expect(load(index)).toBe('true true,true,false');
});

test('throws what tfjs-node throws', () => {
  expect(load(`throw new Error('wrong ELF class');`)).toBe('threw wrong ELF class');
});
