/** @file Where a worker of Node's begins that runs chains. */
import { parentPort } from 'node:worker_threads';
import { loadTarget } from '../infer/mcmc/workers/loadTarget.ts';
import { serveChains } from '../infer/mcmc/workers/serve.ts';

serveChains(
  {
    listen: (onMessage) => parentPort?.on('message', onMessage),
    send: (message, transfer) => parentPort?.postMessage(message, [...transfer]),
  },
  loadTarget,
);
