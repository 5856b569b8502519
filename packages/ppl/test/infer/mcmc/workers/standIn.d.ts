import type { LogDensity } from '../../../../src/infer/mcmc/logDensity.ts';
import type { SiteValue } from '../../../../src/infer/mcmc/target.ts';

export declare function standIn(
  name: string,
  isWorker: boolean,
): { density: LogDensity; constrain: (q: Float64Array) => Record<string, SiteValue> };
