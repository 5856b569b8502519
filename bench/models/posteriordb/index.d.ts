import type { RandomStream } from '@tychejs/ppl';

/** By the names of posteriordb. The argument is the posterior's `data.json`. */
export declare const MODELS: Readonly<Record<string, (data: unknown) => void>>;

/** Models with simulated data. */
export declare const OTHERS: Readonly<
  Record<string, { readonly model: (data: unknown) => void; readonly data: (stream: RandomStream) => unknown }>
>;
