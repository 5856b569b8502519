/** @file One joint run of guide and model: what estimates of the ELBO are made from. */
import { ReplayHandler } from '../../handlers/replay.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Message, SampleMessage } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Trace } from '../../runtime/trace.ts';
import { format } from '../../util/shape.ts';
import { traceProgram } from '../programTrace.ts';
import { checkAgreement } from './agreement.ts';
import { DetachParams } from './detachParams.ts';
import type { Program } from './loss.ts';

export interface Particle {
  readonly guide: Trace;
  /** Its latent sites have the values of the guide's. */
  readonly model: Trace;
}

export interface ParticleOptions {
  readonly stream: RandomStream;
  /**
   * Whether the guide's log-densities are to depend on its parameters through its draws alone. The guide then runs again on
   * its own draws, with its parameters as constants.
   */
  readonly detachGuide?: boolean;
}

/**
 * Runs the guide, and the model on the values that the guide drew.
 *
 * @throws Error when model and guide do not belong together; SiteError when a site of theirs differs in shape.
 */
export function runParticle<A extends unknown[]>(
  model: Program<A>,
  guide: Program<A>,
  args: A,
  { stream, detachGuide = false }: ParticleOptions,
): Particle {
  return new SeedHandler({ seed: stream }).run(() => {
    const drawn = traceProgram(() => guide(...args));
    const modelTrace = new GuideReplay(drawn).run(() => traceProgram(() => model(...args)));
    checkAgreement(modelTrace, drawn);
    return { guide: detachGuide ? again(drawn, () => guide(...args)) : drawn, model: modelTrace };
  });
}

function again(trace: Trace, guide: () => unknown): Trace {
  return new ReplayHandler({ trace }).run(() => new DetachParams().run(() => traceProgram(guide)));
}

/** `replay` that speaks of model and guide when their shapes differ. */
class GuideReplay extends ReplayHandler {
  private readonly guide: Trace;

  constructor(guide: Trace) {
    super({ trace: guide });
    this.guide = guide;
  }

  override process(message: Message): void {
    if (message.type === 'sample' && !message.isObserved) {
      const site = this.guide.nodes.get(message.name);
      if (site?.type === 'sample') {
        if (site.isObserved) throw new SiteError(message, 'is latent in the model, but observed in the guide; observe it in the model');
        checkShapes(message, site);
      }
    }
    super.process(message);
  }
}

/** @throws SiteError unless batch and event shapes together agree, but for leading ones, and divide at the same place. */
function checkShapes(message: SampleMessage, site: SampleSite): void {
  const model = message.distribution;
  const guide = site.distribution;
  if (model.eventShape.length === guide.eventShape.length && sameButLeadingOnes(model, guide)) return;
  const shapes = ({ batchShape, eventShape }: Shapes): string => `${format(batchShape)}+${format(eventShape)}`;
  throw new SiteError(
    message,
    `model and guide disagree: batch+event shape is ${shapes(model)} in the model, but ${shapes(guide)} in the guide. Make ` +
      'them the same: give the guide parameters of that shape, the same toEvent(n), and the same plates as the model.',
  );
}

type Shapes = SampleSite['distribution'];

function sameButLeadingOnes(a: Shapes, b: Shapes): boolean {
  const left = [...a.batchShape, ...a.eventShape];
  const right = [...b.batchShape, ...b.eventShape];
  for (let i = 1; i <= Math.max(left.length, right.length); i++) {
    if ((left.at(-i) ?? 1) !== (right.at(-i) ?? 1)) return false;
  }
  return true;
}
