/** @file A worker like the library's own, but that a program is the name of a stand-in. */
import { parentPort } from 'node:worker_threads';
import { serveChains } from '../../../../dist/infer/mcmc/workers/serve.js';
import { standIn } from './standIn.js';

serveChains(
  {
    listen: (onMessage) => parentPort.on('message', onMessage),
    send: (message, transfer) => parentPort.postMessage(message, transfer),
  },
  ({ density }) => standIn(new TextDecoder().decode(density), true),
);
