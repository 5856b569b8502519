/** @file Starting WASM, for the first time in the process: hence a file of its own. */
import { ready } from '../../src/backend/ready.ts';

test("WASM leaves the process's own handling of errors alone", async () => {
  const hooks = () => [process.listeners('uncaughtException'), process.listeners('unhandledRejection')];
  const own = () => undefined;
  process.on('unhandledRejection', own);
  try {
    const before = hooks();
    await ready({ backend: 'wasm' });
    expect(hooks()).toEqual(before);
  } finally {
    process.removeListener('unhandledRejection', own);
  }
});
