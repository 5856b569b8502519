/** @file Everything that tfjs 4.22 gets wrong or leaves out, put right once for the whole process. */
import { mendComparisons } from './mends/comparisons.ts';

/** Puts every mend in place; calling it again does no harm. */
export function mendBackends(): void {
  mendComparisons();
}
