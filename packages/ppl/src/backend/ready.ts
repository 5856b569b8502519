/** @file Choosing the tfjs backend that everything runs on. */
import * as tf from '@tensorflow/tfjs-core';
import { backendOrder, loadNativeBackend, withoutErrorHooks } from '#platform';
import { checkOptions } from '../util/options.ts';
import { mendBackends } from './mends.ts';
import './setup.ts';

/** The names that {@link ready} takes. */
export type BackendName = 'auto' | 'tensorflow' | 'wasm' | 'cpu' | 'webgl' | 'webgpu';

/** Options of {@link ready}. */
export interface ReadyOptions {
  /** Default `'auto'`. */
  readonly backend?: BackendName;
}

/** The package that brings each backend. */
const PACKAGES: Readonly<Record<Exclude<BackendName, 'auto'>, string>> = {
  tensorflow: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
  webgl: '@tensorflow/tfjs-backend-webgl',
  webgpu: '@tensorflow/tfjs-backend-webgpu',
};

/**
 * Makes a tfjs backend active, and resolves to its name.
 *
 * `'auto'` takes, in Node, tfjs-node's native binding if it is installed and works, else WASM, else plain JavaScript
 * (`'cpu'`); in a browser, whatever tfjs picks among the backends that the page has imported. It may be called again, to
 * switch; tensors move to the new backend when they are next used.
 *
 * @throws TypeError for an unknown option or backend.
 * @throws Error when a backend asked for by name is not there or does not start, saying how to install it; the backend
 * that was active stays so.
 */
export async function ready(options: ReadyOptions = {}): Promise<string> {
  checkOptions('ready', options, ['backend']);
  const { backend = 'auto' } = options;
  if (backend === 'auto') return automatic();
  if (!Object.hasOwn(PACKAGES, backend)) {
    throw new TypeError(`ready: unknown backend "${String(backend)}"; take one of auto, ${Object.keys(PACKAGES).join(', ')}`);
  }
  await activate(backend);
  return backend;
}

async function automatic(): Promise<string> {
  for (const name of backendOrder) {
    try {
      await activate(name as keyof typeof PACKAGES);
      return name;
    } catch {
      // Not there or not working: the next one.
    }
  }
  await tf.ready();
  mendBackends();
  return tf.getBackend();
}

async function activate(name: keyof typeof PACKAGES): Promise<void> {
  // The empty string, when none was active yet; typed otherwise, but null before the first.
  const previous = tf.getBackend() as string | null;
  try {
    if (name === 'tensorflow' && tf.findBackendFactory(name) === null && !(await loadNativeBackend())) {
      throw new Error('it is not installed');
    }
    if (tf.findBackendFactory(name) === null) throw new Error('it has not been imported');
    if (tf.findBackendFactory('cpu') !== null) hushAdvice();
    if (!(await withoutErrorHooks(() => tf.setBackend(name)))) throw new Error('it did not start');
    // The backend may have been imported after this library.
    mendBackends();
    tryOneOp();
  } catch (error) {
    await restore(previous, name);
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`ready: backend "${name}" is not available (${cause}). ${cure(name)}`, { cause: error });
  }
}

/** A binding that loads may still fail at its first op (tfjs-node built for another Node version, a GPU without floats). */
function tryOneOp(): void {
  const [two] = tf.tidy(() => tf.add(1, 1).dataSync());
  if (two !== 2) throw new Error(`it says that 1 + 1 is ${String(two)}`);
}

async function restore(previous: string | null, failed: string): Promise<void> {
  if (previous && previous !== failed) {
    await tf.setBackend(previous);
  } else if (previous !== failed && tf.findBackendFactory(failed) !== null) {
    tf.removeBackend(failed);
  }
}

function cure(name: keyof typeof PACKAGES): string {
  const pkg = PACKAGES[name];
  if (name === 'tensorflow') {
    return backendOrder.includes(name)
      ? `Install it with \`npm install ${pkg}\`, which fetches a native binding (see its notes on Windows and proxies).`
      : 'It needs Node; in a browser use "webgl", "webgpu" or "wasm".';
  }
  if (name === 'wasm') {
    return `${pkg} must be able to fetch its .wasm files: in a bundle, copy them beside it and call its \`setWasmPaths(folder)\`.`;
  }
  if (name === 'cpu') return `Import "${pkg}".`;
  return `Install it with \`npm install ${pkg}\`, and import "${pkg}" before \`ready\`. It needs a browser.`;
}

/** Keeps the cpu backend, which lends kernels to others too, from advising tfjs-node on the console: the user has chosen. */
function hushAdvice(): void {
  (tf.findBackend('cpu') as { firstUse?: boolean }).firstUse = false;
}
