/** @file Lets Jest, which loads CommonJS only, load fast-png. To be imported first. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runInThisContext } from 'node:vm';
import { transformSync } from '@swc/core';

jest.doMock('fast-png', () => loadModule(require.resolve('fast-png')));

/** Modules by their files. */
const loaded = new Map<string, object>();

/** An ES module, translated to CommonJS, with all that it imports. */
function loadModule(file: string): object {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const { code } = transformSync(readFileSync(file, 'utf8'), { module: { type: 'commonjs' }, jsc: { target: 'es2022' } });
  const exports = {};
  loaded.set(file, exports);
  const requireFrom = (name: string): unknown => {
    if (name.startsWith('.')) return loadModule(resolve(dirname(file), name));
    const found = require.resolve(name, { paths: [dirname(file)] });
    return isEsm(found) ? loadModule(found) : jest.requireActual(found);
  };
  (runInThisContext(`(function (require, exports) { ${code}\n})`) as (require: typeof requireFrom, exports: object) => void)(requireFrom, exports);
  return exports;
}

/** Whether the nearest `package.json` says that its files are ES modules. */
function isEsm(file: string): boolean {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')) as { readonly type?: string }).type === 'module';
    } catch {
      // It is further up.
    }
  }
  return false;
}
