import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { expectNoLeak } from '../helpers/leak.ts';

const loadNativeBackend = jest.fn<Promise<boolean>, []>();
jest.mock('../../src/platform/node.ts', () => ({
  ...jest.requireActual<object>('../../src/platform/node.ts'),
  loadNativeBackend: () => loadNativeBackend(),
}));

/** Stands in for tfjs-node: the cpu backend under its name. */
function pretendNative(factory: () => tf.KernelBackend): void {
  tf.registerBackend('tensorflow', factory, 3);
  tf.copyRegisteredKernels('cpu', 'tensorflow');
}

const works = () => expect(tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0])).toBe(11);

beforeEach(() => loadNativeBackend.mockReset().mockResolvedValue(false));

describe('ready', () => {
  test('without tfjs-node takes WASM, and may be called again', async () => {
    expect(await ready()).toBe('wasm');
    works();
    expect(await ready()).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
  });

  test('switches, and tensors come along', async () => {
    await ready({ backend: 'wasm' });
    const x = tf.tensor([1, 2, 3]);
    expect(await ready({ backend: 'cpu' })).toBe('cpu');
    const y = tf.square(x);
    expect([...y.dataSync()]).toEqual([1, 4, 9]);
    expect(await ready({ backend: 'wasm' })).toBe('wasm');
    expect([...y.dataSync()]).toEqual([1, 4, 9]);
    tf.dispose([x, y]);
  });

  test('cpu does not advise on the console', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    await ready({ backend: 'cpu' });
    works();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test('takes no tensors', async () => {
    await expectNoLeak(() => ready());
  });

  test('names unknown options and backends', async () => {
    await expect(ready({ backnd: 'cpu' } as object)).rejects.toThrow(/unknown option "backnd".*"backend"/);
    await expect(ready({ backend: 'gpu' as 'cpu' })).rejects.toThrow(/unknown backend "gpu"; take one of auto, tensorflow/);
  });

  test('a backend that is not there is an error with its cure, and changes nothing', async () => {
    await ready({ backend: 'cpu' });
    await expect(ready({ backend: 'tensorflow' })).rejects.toThrow(/"tensorflow".*not installed.*npm install @tensorflow\/tfjs-node/);
    await expect(ready({ backend: 'webgl' })).rejects.toThrow(/"webgl".*npm install @tensorflow\/tfjs-backend-webgl/);
    await expect(ready({ backend: 'webgpu' })).rejects.toThrow(/"webgpu".*import "@tensorflow\/tfjs-backend-webgpu"/);
    expect(tf.getBackend()).toBe('cpu');
    works();
  });
});

describe('with tfjs-node', () => {
  let warn: jest.SpyInstance;
  beforeEach(async () => {
    await ready({ backend: 'cpu' });
    warn = jest.spyOn(console, 'warn').mockReturnValue();
  });
  afterEach(() => {
    if (tf.findBackendFactory('tensorflow') !== null) tf.removeBackend('tensorflow');
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
    warn.mockRestore();
  });

  test('takes it when it works, loading it once', async () => {
    loadNativeBackend.mockImplementation(() => {
      pretendNative(tf.findBackendFactory('cpu') as () => tf.KernelBackend);
      return Promise.resolve(true);
    });
    expect(await ready()).toBe('tensorflow');
    works();
    expect(await ready({ backend: 'tensorflow' })).toBe('tensorflow');
    expect(loadNativeBackend).toHaveBeenCalledTimes(1);
  });

  test('passes on to WASM when loading throws, and tells why when asked for it by name', async () => {
    loadNativeBackend.mockRejectedValue(new Error('wrong ELF class'));
    expect(await ready()).toBe('wasm');
    await expect(ready({ backend: 'tensorflow' })).rejects.toThrow(/wrong ELF class/);
    expect(tf.getBackend()).toBe('wasm');
  });

  test('passes on to WASM when it loads but does not start', async () => {
    loadNativeBackend.mockImplementation(() => {
      pretendNative(() => {
        throw new Error('no such library');
      });
      return Promise.resolve(true);
    });
    expect(await ready()).toBe('wasm');
    works();
  });

  test('passes on to WASM when its ops fail', async () => {
    loadNativeBackend.mockImplementation(() => {
      pretendNative(tf.findBackendFactory('cpu') as () => tf.KernelBackend);
      tf.unregisterKernel(tf.Add, 'tensorflow');
      tf.registerKernel({
        kernelName: tf.Add,
        backendName: 'tensorflow',
        kernelFunc: () => {
          throw new TypeError('util.isNullOrUndefined is not a function');
        },
      });
      return Promise.resolve(true);
    });
    expect(await ready()).toBe('wasm');
    works();
    await expect(ready({ backend: 'tensorflow' })).rejects.toThrow(/isNullOrUndefined/);
    works();
  });
});
