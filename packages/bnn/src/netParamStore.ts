/** @file The parameters of a network: what they are called and which shapes they have is settled once they are made. */
import { ParamStore } from '@tychejs/ppl';
import type { ExactParams } from '@tychejs/ppl';
import type { Shapes } from './fileShapes.ts';
import { checkShapes } from './fileShapes.ts';

/** A store that takes no parameters but those of its network from files. */
export class NetParamStore extends ParamStore {
  /** @throws Error, before anything is changed, when names, shapes or constraints are not those of this store. */
  override restore(params: ExactParams, keepsOthers: boolean, alongside?: () => void): void {
    this.checkFits(params, keepsOthers);
    super.restore(params, keepsOthers, alongside);
  }

  private checkFits(params: ExactParams, keepsOthers: boolean): void {
    const found: Shapes = new Map([...params].map(([name, { unconstrained }]) => [name, unconstrained.shape]));
    const names = this.names().filter((name) => !keepsOthers || found.has(name));
    const wanted: Shapes = new Map(names.map((name) => [name, this.variable(name).shape]));
    checkShapes('it is of another network', found, wanted);
    for (const [name, { constraint }] of params) {
      const own = this.constraint(name).name;
      if (constraint.name !== own) throw new Error(`it is of another network: "${name}" is ${constraint.name} in the file, but ${own} in this network`);
    }
  }
}
