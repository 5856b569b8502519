/** @file A trace: the record of one run of a model or guide. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { Immer, enableMapSet, freeze } from 'immer';
import { tensorsIn } from '../util/tensors.ts';
import { explainShapes, shapeTable } from './shapeTable.ts';
import type { DeterministicSite, ParamSite, PlateSite, SampleSite, Site } from './site.ts';

enableMapSet();

// Only the map itself is to be frozen: what sites hold may be the user's own.
const immer = new Immer({ autoFreeze: false });

/** The sites of one run, in the order in which they were met. Immutable; `with` gives an altered copy. */
export class Trace {
  readonly nodes: ReadonlyMap<string, Site>;
  /** What the function returned. */
  readonly returnValue: unknown;
  private readonly firstTensorId: number;

  /** @param firstTensorId - tensors with a larger id belong to the trace, which may dispose them. */
  constructor(nodes: ReadonlyMap<string, Site>, returnValue: unknown, firstTensorId: number) {
    this.nodes = freeze(nodes);
    this.returnValue = returnValue;
    this.firstTensorId = firstTensorId;
  }

  /** The sum of the log-densities of all sites that `filter` lets pass, as a scalar that gradients flow through. */
  logProbSum(filter: (site: SampleSite) => boolean = () => true): Scalar {
    try {
      return tf.tidy(() => {
        const terms = this.sampleSites().filter(filter).map((site) => tf.sum(site.logProb));
        return (terms.length === 0 ? tf.scalar(0) : tf.addN(terms)) as Scalar;
      });
    } catch (error) {
      throw explainShapes(error, this.nodes);
    }
  }

  /** All `sample` statements, observed or not. */
  sampleSites(): SampleSite[] {
    return this.sitesOf('sample');
  }

  /** The `sample` statement called `name`. @throws Error when the run had none. */
  sampleSite(name: string): SampleSite {
    const site = this.nodes.get(name);
    if (site?.type === 'sample') return site;
    const what = site === undefined ? 'is no site of this trace' : `is a ${site.type} statement`;
    throw new Error(`"${name}" ${what}; sample sites are ${this.sampleSites().map((each) => each.name).join(', ') || 'none'}`);
  }

  /** The `sample` statements that were drawn rather than observed. */
  stochasticSites(): SampleSite[] {
    return this.sampleSites().filter((site) => !site.isObserved);
  }

  observedSites(): SampleSite[] {
    return this.sampleSites().filter((site) => site.isObserved);
  }

  paramSites(): ParamSite[] {
    return this.sitesOf('param');
  }

  plateSites(): PlateSite[] {
    return this.sitesOf('plate');
  }

  deterministicSites(): DeterministicSite[] {
    return this.sitesOf('deterministic');
  }

  /** The shapes of all sites as a table, to look at. */
  formatShapes(): string {
    return shapeTable(this.nodes.values());
  }

  /** A copy in which `site` stands for the site of the same name. */
  with(site: Site): Trace {
    return this.edit((nodes) => nodes.set(site.name, site));
  }

  /** A copy without the site called `name`. */
  without(name: string): Trace {
    return this.edit((nodes) => nodes.delete(name));
  }

  /** Disposes what the run allocated and the trace holds; tensors that it was given stay. */
  dispose(): void {
    tf.dispose(this.tensors().filter((tensor) => tensor.id > this.firstTensorId && !(tensor instanceof tf.Variable)));
  }

  /** Every tensor reachable from the sites and the return value. */
  tensors(): Tensor[] {
    return tensorsIn([...this.nodes.values(), this.returnValue]);
  }

  private edit(change: (nodes: Map<string, Site>) => unknown): Trace {
    const nodes = immer.produce(this.nodes, (draft) => {
      change(draft as unknown as Map<string, Site>);
    });
    return new Trace(nodes, this.returnValue, this.firstTensorId);
  }

  private sitesOf<T extends Site['type']>(type: T): Extract<Site, { type: T }>[] {
    const sites: Extract<Site, { type: T }>[] = [];
    for (const site of this.nodes.values()) if (site.type === type) sites.push(site as Extract<Site, { type: T }>);
    return sites;
  }
}
