/** @file Where a worker of a page begins that runs chains. */
import { loadTarget } from '../infer/mcmc/workers/loadTarget.ts';
import { serveChains } from '../infer/mcmc/workers/serve.ts';

/** The global scope of a worker, which the types of Node do not describe. */
interface WorkerScope {
  onmessage: (event: { readonly data: unknown }) => void;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

const scope = globalThis as unknown as WorkerScope;

serveChains(
  {
    listen: (onMessage) => {
      scope.onmessage = ({ data }) => onMessage(data);
    },
    send: (message, transfer) => scope.postMessage(message, transfer),
  },
  loadTarget,
);
