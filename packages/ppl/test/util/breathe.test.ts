import { breathe } from '../../src/util/breathe.ts';

test.each([['in Node', globalThis.setImmediate], ['in a browser', undefined]])(
  '%s, timers that are due have their turn', async (_, setImmediate) => {
    const original = globalThis.setImmediate;
    globalThis.setImmediate = setImmediate as typeof original;
    try {
      let fired = false;
      const timer = new Promise<void>((resolve) => {
        setTimeout(() => {
          fired = true;
          resolve();
        }, 1);
      });
      const deadline = performance.now() + 2000;
      while (!fired && performance.now() < deadline) await breathe();
      expect(fired).toBe(true);
      await timer;
    } finally {
      globalThis.setImmediate = original;
    }
  },
);
