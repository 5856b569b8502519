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

  test('are put into folders that are made with those around them, and keep what is there', async () => {
    const path = join(folder, 'one', 'two');
    await node.makeFolder(path);
    await node.writeFileAtomically(join(path, 'a'), 'x');
    await node.makeFolder(path);
    expect(await readdir(path)).toEqual(['a']);
  });

  test('are refused in a browser with what to do instead', async () => {
    await expect(browser.makeFolder('a')).rejects.toThrow(/"a".*IndexedDB/);
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

test('there is at least one processor', () => {
  expect(node.numProcessors()).toBeGreaterThanOrEqual(1);
});

describe('startChainWorker in a browser', () => {
  class FakeWorker {
    static latest: FakeWorker;
    readonly posted: unknown[] = [];
    terminated = false;
    onmessage: (event: { data: unknown }) => void = () => {};
    onmessageerror: () => void = () => {};
    onerror: (event: { message?: string }) => void = () => {};
    readonly url: URL;
    readonly options: object;
    constructor(url: URL, options: object) {
      this.url = url;
      this.options = options;
      FakeWorker.latest = this;
    }
    postMessage(message: unknown) {
      this.posted.push(message);
    }
    terminate() {
      this.terminated = true;
    }
  }
  const globals = globalThis as { Worker?: unknown };
  const before = globals.Worker;
  beforeEach(() => {
    globals.Worker = FakeWorker;
  });
  afterEach(() => {
    globals.Worker = before;
  });

  const start = () => {
    const heard: unknown[] = [];
    const worker = browser.startChainWorker({
      message: (message) => heard.push(message),
      died: (error) => heard.push(error.message),
    });
    return { worker, heard, fake: FakeWorker.latest };
  };

  test('starts the module that is there for it, and passes messages both ways', () => {
    const { worker, heard, fake } = start();
    expect([fake.url.pathname.split('/').at(-1), fake.options]).toEqual(['browserWorker.js', { type: 'module' }]);
    fake.onmessage({ data: 'ready' });
    worker.post('run');
    expect([heard, fake.posted]).toEqual([['ready'], ['run']]);
    worker.terminate();
    expect(fake.terminated).toBe(true);
  });

  test.each<[string, (fake: FakeWorker) => void, RegExp]>([
    ['an error', (fake) => fake.onerror({ message: 'Uncaught RangeError: x' }), /^Uncaught RangeError: x$/],
    ['a file that cannot be loaded', (fake) => fake.onerror({}), /could not be loaded; does the Content-Security-Policy/],
    ['a message that cannot be read', (fake) => fake.onmessageerror(), /cannot be read/],
  ])('tells of %s once, and ends the worker', (_, act, message) => {
    const { heard, fake } = start();
    act(fake);
    act(fake);
    fake.onmessage({ data: 'too late' });
    expect(heard).toEqual([expect.stringMatching(message)]);
    expect(fake.terminated).toBe(true);
  });

  test('tells of nothing after it was terminated', () => {
    const { worker, heard, fake } = start();
    worker.terminate();
    fake.onmessage({ data: 'too late' });
    fake.onerror({ message: 'too late' });
    expect(heard).toEqual([]);
  });

  test('where a page has no workers, it throws', () => {
    delete globals.Worker;
    expect(start).toThrow(ReferenceError);
  });
});
