/**
 * @file What a worker does: it runs the chains that it is sent, and sends what they draw. Nothing that this file imports
 * imports tfjs, so that workers start fast.
 */
import { Chain } from '../chain.ts';
import { chainSegments, type ChainSegment, type ChainWork } from '../segment.ts';
import type { Target } from '../target.ts';
import { reviveKernel } from './kernelData.ts';
import type { FromWorker, Setup, ToWorker } from './protocol.ts';
import type { WorkerTarget } from './workerTarget.ts';

/** The worker's end of the line. */
export interface WorkerPort {
  listen(onMessage: (message: unknown) => void): void;
  send(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** What a worker makes of the target it is sent. */
export type LoadedTarget = Pick<Target, 'density' | 'constrain'>;

/** Serves the chains that come through `port`. @param load - makes a density of what was sent. */
export function serveChains(port: WorkerPort, load: (target: WorkerTarget) => LoadedTarget): void {
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []) => port.send(message, transfer);
  let serve: ((state: Chain['state']) => Generator<ChainSegment>) | null = null;
  port.listen((received) => {
    const message = received as ToWorker;
    try {
      if (message.type === 'setup') {
        serve = prepare(message, load);
        return;
      }
      if (serve === null) throw new Error('a worker was sent a chain before it was set up');
      for (const segment of serve(message.state)) send({ type: 'segment', segment }, buffersOf(segment));
      send({ type: 'done' });
    } catch (error) {
      send({ type: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    }
  });
  send({ type: 'ready' });
}

function prepare(setup: Setup, load: (target: WorkerTarget) => LoadedTarget) {
  const { density, constrain } = load(setup.target);
  const kernel = reviveKernel(setup.kernel);
  const work: ChainWork = { constrain, numSamples: setup.numSamples, thinning: setup.thinning };
  return (state: Chain['state']) => chainSegments(Chain.resume(kernel, density, state), work);
}

function buffersOf({ positions, statistics, values }: ChainSegment): ArrayBuffer[] {
  const arrays = [positions, ...Object.values(statistics), ...Array.from(values.values(), ({ data }) => data)];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}
