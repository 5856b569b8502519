/**
 * @file What a worker does: it runs the chains that it is sent, and sends what they draw. Nothing that this file imports
 * imports tfjs, so that workers start fast.
 */
import { Chain, type ChainState } from '../chain.ts';
import type { McmcKernel } from '../kernelOptions.ts';
import { chainSegments, SEGMENT_MS, type ChainSegment, type ChainWork } from '../segment.ts';
import type { Target } from '../target.ts';
import { reviveKernel } from './kernelData.ts';
import type { FromWorker, Setup, ToWorker } from './protocol.ts';
import type { WorkerTarget } from './workerTarget.ts';

/** The worker's end of the line. */
export interface WorkerPort {
  listen(onMessage: (message: unknown) => void): void;
  send(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** Sending may take a twentieth of the time, which matters during warm-up in many dimensions; */
const SHARE_OF_SENDING = 1 / 20;
/** but a worker that is stopped should not lose more than this. */
const MOST_MS = 500;

/** What a worker makes of the target it is sent. */
export type LoadedTarget = Pick<Target, 'density' | 'constrain'>;

/** Serves the chains that come through `port`. @param load - makes a density of what was sent. */
export function serveChains(port: WorkerPort, load: (target: WorkerTarget) => LoadedTarget): void {
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []) => port.send(message, transfer);
  let setup: Setup | null = null;
  let chains: Chains | null = null;
  port.listen((received) => {
    const message = received as ToWorker;
    if (message.type === 'setup') {
      setup = message;
      return;
    }
    try {
      if (setup === null) throw new Error('a worker was sent a chain before it was set up');
      chains ??= new Chains(setup, load);
      chains.run(message.state, (segment) => send({ type: 'segment', segment }, buffersOf(segment)));
      send({ type: 'done' });
    } catch (error) {
      send({ type: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    }
  });
  send({ type: 'ready' });
}

/** The chains of a run that this worker is given, one after another. */
class Chains {
  private readonly kernel: McmcKernel;
  private readonly target: LoadedTarget;
  private readonly work: ChainWork;
  private patience = SEGMENT_MS;

  constructor(setup: Setup, load: (target: WorkerTarget) => LoadedTarget) {
    const { numSamples, thinning } = setup;
    this.kernel = reviveKernel(setup.kernel);
    this.target = load(setup.target);
    this.work = { constrain: (q) => this.target.constrain(q), numSamples, thinning, milliseconds: () => this.patience };
  }

  run(state: ChainState, send: (segment: ChainSegment) => void): void {
    for (const segment of chainSegments(Chain.resume(this.kernel, this.target.density, state), this.work)) {
      const start = performance.now();
      send(segment);
      const sending = performance.now() - start;
      this.patience = Math.min(MOST_MS, Math.max(SEGMENT_MS, sending / SHARE_OF_SENDING));
    }
  }
}

function buffersOf({ positions, statistics, values }: ChainSegment): ArrayBuffer[] {
  const arrays = [positions, ...Object.values(statistics), ...Array.from(values.values(), ({ data }) => data)];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}
