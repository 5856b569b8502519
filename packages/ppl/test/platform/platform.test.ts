import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as browser from '../../src/platform/browser.ts';
import * as node from '../../src/platform/node.ts';
import type { Platform } from '../../src/platform/platform.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

test('both sides are complete platforms with the same exports', () => {
  const sides: Platform[] = [node, browser];
  expect(sides).toHaveLength(2);
  expect(Object.keys(node).sort()).toEqual(Object.keys(browser).sort());
});

describe.each([
  ['node', node],
  ['browser', browser],
])('createContext on %s', (_, platform: Platform) => {
  test('nests, restores and is undefined outside', () => {
    const context = platform.createContext<number>();
    expect(context.get()).toBeUndefined();
    const seen = context.run(1, () => [context.get(), context.run(2, () => context.get()), context.get()]);
    expect(seen).toEqual([1, 2, 1]);
    expect(context.get()).toBeUndefined();
  });

  test('restores when the body throws', () => {
    const context = platform.createContext<number>();
    expect(() =>
      context.run(1, () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(context.get()).toBeUndefined();
  });

  test('contexts are independent of one another', () => {
    const a = platform.createContext<string>();
    const b = platform.createContext<string>();
    expect(a.run('a', () => b.run('b', () => [a.get(), b.get()]))).toEqual(['a', 'b']);
    expect(a.run('a', () => b.get())).toBeUndefined();
  });
});

test('in Node a context follows awaits, and interleaved bodies do not mix', async () => {
  const context = node.createContext<string>();
  const body = async () => {
    const seen = [context.get()];
    for (let i = 0; i < 3; i++) {
      await pause();
      seen.push(context.get());
    }
    return seen;
  };
  const [a, b] = await Promise.all([context.run('a', body), context.run('b', body)]);
  expect(new Set(a)).toEqual(new Set(['a']));
  expect(new Set(b)).toEqual(new Set(['b']));
});

describe('files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tyche-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('are written whole and read back', async () => {
    const path = join(folder, 'state.bin');
    await node.writeFileAtomically(path, 'first, and longer');
    await node.writeFileAtomically(path, Uint8Array.of(104, 195, 169));
    expect([...(await node.readFile(path))]).toEqual([104, 195, 169]);
    expect(await node.readTextFile(path)).toBe('hé');
    expect(await readdir(folder)).toEqual(['state.bin']);
  });

  test('keep their content, and leave no rubbish, when writing fails', async () => {
    const path = join(folder, 'state.bin');
    await node.writeFileAtomically(path, 'old');
    await expect(node.writeFileAtomically(path, 5 as unknown as string)).rejects.toThrow();
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['state.bin']);
    await expect(node.writeFileAtomically(join(folder, 'none', 'state.bin'), 'x')).rejects.toThrow(/ENOENT/);
  });

  test('are refused in a browser with what to do instead', async () => {
    await expect(browser.readFile('a.bin')).rejects.toThrow(/"a.bin".*fetch/);
    await expect(browser.readTextFile('a.json')).rejects.toThrow(/"a.json".*fetch/);
    await expect(browser.writeFileAtomically('a.bin', 'x')).rejects.toThrow(/"a.bin".*IndexedDB/);
  });
});

describe('status lines', () => {
  afterEach(() => jest.restoreAllMocks());

  test('go to standard error as they stand in Node', () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    node.writeStatus('\rstep 1');
    expect(write).toHaveBeenCalledWith('\rstep 1');
  });

  test('go to the console, a line each, in a browser', () => {
    const info = jest.spyOn(console, 'info').mockReturnValue();
    browser.writeStatus('\rstep 1\n');
    browser.writeStatus('\r\n');
    expect(info.mock.calls).toEqual([['step 1']]);
    expect(browser.isInteractive()).toBe(false);
  });
});

test('a browser has no native backend', async () => {
  expect(await browser.loadNativeBackend()).toBe(false);
});
