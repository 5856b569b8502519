/** @file Running the same tests on several tfjs backends. */
import { ready } from '../../src/backend/ready.ts';

/** The backends that every machine has. */
export const BACKENDS = ['cpu', 'wasm'] as const;

/** `describe` once for each backend, with that backend active. */
export function describeOnBackends(name: string, body: (backend: (typeof BACKENDS)[number]) => void): void {
  describe.each(BACKENDS)(`${name} on %s`, (backend) => {
    beforeAll(async () => {
      await ready({ backend });
    });
    body(backend);
  });
}
