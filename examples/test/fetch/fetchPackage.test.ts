/** @file Fetching of packages, with a tarball made here in place of npm's. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { create } from 'tar';
import { fetchPackage, type PinnedPackage } from '../../src/fetch/fetchPackage.ts';

let root: string;
let into: URL;
let pinned: PinnedPackage;
let numPacked: number;

/** What `npm pack` does: a tarball whose files are all in a folder `package`. */
async function pack(spec: string, folder: string): Promise<void> {
  numPacked++;
  expect(spec).toBe('@scope/digits@1.2.3');
  await writeFile(join(folder, 'scope-digits-1.2.3.tgz'), await readFile(join(root, 'made.tgz')));
}

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  numPacked = 0;
  root = await mkdtemp(join(tmpdir(), 'fetch-'));
  into = pathToFileURL(join(root, 'not', 'yet', 'there'));
  await mkdir(join(root, 'package', 'data'), { recursive: true });
  await writeFile(join(root, 'package', 'data', 'seven.txt'), '7');
  await create({ file: join(root, 'made.tgz'), cwd: root, gzip: true }, ['package']);
  const integrity = `sha512-${createHash('sha512').update(await readFile(join(root, 'made.tgz'))).digest('base64')}`;
  pinned = { name: '@scope/digits', version: '1.2.3', integrity };
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

test('the first call fetches, later ones do nothing', async () => {
  const folder = await fetchPackage(pinned, { into, pack });
  expect(folder.href.endsWith('/there/@scope-digits-1.2.3/')).toBe(true);
  expect(await readFile(new URL('data/seven.txt', folder), 'utf8')).toBe('7');
  expect(await readdir(into)).toEqual(['@scope-digits-1.2.3']);
  expect(await readdir(folder)).toEqual(['data']);

  const fails = () => Promise.reject(new Error('no network'));
  expect((await fetchPackage(pinned, { into, pack: fails })).href).toBe(folder.href);
  expect(numPacked).toBe(1);
});

test('a package with other bytes is refused, and nothing is left behind', async () => {
  const other = { ...pinned, integrity: `sha512-${'A'.repeat(86)}==` };
  await expect(fetchPackage(other, { into, pack })).rejects.toThrow(/not the package that this example was written for/);
  expect(await readdir(into)).toEqual([]);
  await fetchPackage(pinned, { into, pack });
  expect(numPacked).toBe(2);
});

test('what npm says stays the cause, and nothing is left behind', async () => {
  const npm = new Error('E404');
  const failing = fetchPackage(pinned, { into, pack: () => Promise.reject(npm) });
  await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('could not fetch @scope/digits@1.2.3'), cause: npm });
  await expect(fetchPackage(pinned, { into, pack: () => Promise.resolve() })).rejects.toThrow('no tarball');
  expect(await readdir(into)).toEqual([]);
});

test('a tarball that breaks off leaves no folder', async () => {
  const whole = await readFile(join(root, 'made.tgz'));
  const half = whole.subarray(0, whole.length >> 1);
  const integrity = `sha512-${createHash('sha512').update(half).digest('base64')}`;
  const broken = (_: string, folder: string) => writeFile(join(folder, 'half.tgz'), half);
  await expect(fetchPackage({ ...pinned, integrity }, { into, pack: broken })).rejects.toThrow();
  expect(await readdir(into)).toEqual([]);
});

test('two at once both have the folder', async () => {
  const [one, two] = await Promise.all([fetchPackage(pinned, { into, pack }), fetchPackage(pinned, { into, pack })]);
  expect(one.href).toBe(two.href);
  expect(await readdir(fileURLToPath(into))).toEqual(['@scope-digits-1.2.3']);
});
