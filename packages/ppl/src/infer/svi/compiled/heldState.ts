/** @file Variables that are no parameters, whose numbers are in the memory of a compiled program. */
import type { Variable } from '@tensorflow/tfjs-core';
import type { Holder } from '../../../params/held.ts';

/** The property by which tfjs comes to the numbers of a tensor, whatever it does with them. */
const DATA: keyof Variable = 'dataId';

/**
 * From now on `holder` has the numbers of `variables`. There is no store through which all readers would come; so whoever
 * reads, assigns or disposes one of them asks for its data, and has them given back before.
 *
 * @returns what says that the variables have data of their own again; the holder calls it before it writes to them.
 */
export function holdState(variables: readonly Variable[], holder: Pick<Holder, 'giveBack'>): () => void {
  const data = variables.map(({ dataId }) => dataId);
  for (const variable of variables) {
    Object.defineProperty(variable, DATA, {
      ...VISIBLE,
      get: () => {
        holder.giveBack();
        return variable.dataId;
      },
      set: (dataId: object) => {
        holder.giveBack();
        variable.dataId = dataId;
      },
    });
  }
  return () => variables.forEach((variable, i) => Object.defineProperty(variable, DATA, { ...VISIBLE, writable: true, value: data[i] }));
}

/** As fields are. */
const VISIBLE = { configurable: true, enumerable: true } as const;
