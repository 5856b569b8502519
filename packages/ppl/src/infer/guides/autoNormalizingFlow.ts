/** @file The guide of any normalising flow. */
import { independent } from '../../transforms/independent.ts';
import type { Transform } from '../../transforms/transform.ts';
import { describe } from '../../util/describe.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoFlowGuide } from './autoFlowGuide.ts';

/**
 * Makes a transform of vectors of length `dimension`; one of single numbers is applied to each of their elements. It is called at every run of the guide and reads its trainable numbers by
 * `param`, under names that begin with `prefix`, which is `PREFIX.flow`.
 */
export type FlowBuilder = (dimension: number, prefix: string) => Transform;

export interface AutoNormalizingFlowOptions<A extends unknown[]> extends AutoContinuousOptions<A> {
  /** The flow. The nearer to the identity it is at first, the nearer the guide is to `initLoc` and `initScale`. */
  readonly transform: FlowBuilder;
}

/**
 * A normal vector carried through a flow of your own: z = loc + scale · flow(x), x standard normal.
 *
 * The parameters are `PREFIX.loc` and `PREFIX.scale`, one number a coordinate, and those of the flow. Quantiles and medians are
 * those of 10,000 draws, the same ones at every call.
 *
 * Source: Rezende and Mohamed, "Variational inference with normalizing flows" (ICML 2015).
 */
export class AutoNormalizingFlow<A extends unknown[] = unknown[]> extends AutoFlowGuide<A> {
  private readonly build: FlowBuilder;

  /** @throws TypeError for unknown options, or when `transform` is missing; RangeError when a scale is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoNormalizingFlowOptions<A>) {
    super('AutoNormalizingFlow', model, options, ['initScale', 'transform']);
    const { transform } = options;
    if (typeof transform !== 'function') {
      throw new TypeError(`${this.className}: needs { transform }, a function of the dimension and a prefix of names that makes a transform`);
    }
    this.build = transform;
  }

  protected override flow(dimension: number, prefix: string): Transform {
    const flow: Transform | null | undefined = this.build(dimension, prefix);
    if (typeof flow?.logAbsDetJacobian !== 'function' || typeof flow.forward !== 'function') {
      throw this.wrongFlow(`must return one of \`transforms\`, such as transforms.affineAutoregressive(...); it returned ${describe(flow)}`);
    }
    const { name, domain, codomain } = flow;
    const eventDim = Math.max(domain.eventDim, codomain.eventDim);
    if (eventDim > 1) {
      throw this.wrongFlow(`returned ${name}, which is about arrays of ${eventDim} dimensions; a flow makes a vector of a vector`);
    }
    const shape = flow.forwardShape([dimension]);
    if (!sameShape(shape, [dimension])) {
      throw this.wrongFlow(`returned ${name}, which makes shape ${format(shape)} of vectors of length ${dimension}; a flow keeps their length`);
    }
    return independent(flow, 1 - domain.eventDim);
  }

  private wrongFlow(problem: string): TypeError {
    return new TypeError(`${this.className}: the function given as transform ${problem}`);
  }
}
