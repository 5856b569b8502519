/** @file The schedule of warm-up. */

/** Iterations `start .. end - 1` of warm-up. */
export interface AdaptationWindow {
  readonly start: number;
  readonly end: number;
  /** Whether the draws of this window make a new mass matrix at its end. The step size is tuned in every window. */
  readonly adaptsMetric: boolean;
}

// Stan's defaults.
const INITIAL_BUFFER = 75;
const FIRST_WINDOW = 25;
const FINAL_BUFFER = 50;
const FEWEST_FOR_METRIC = 20;

/**
 * Stan's schedule for `numWarmup` iterations: a first window to reach the typical set; windows that estimate the mass
 * matrix, each twice as long as the one before, the last stretched to where the final window begins; and a final window
 * for the step size alone.
 *
 * They have 75, 25 and 50 iterations at first, or 15 %, 75 % and 10 % of `numWarmup` when that is fewer than 150. Below
 * 20 there is one window, for the step size alone.
 *
 * Source: Stan Reference Manual, "HMC algorithm parameters: automatic parameter tuning".
 */
export function adaptationWindows(numWarmup: number): AdaptationWindow[] {
  if (numWarmup === 0) return [];
  if (numWarmup < FEWEST_FOR_METRIC) return [{ start: 0, end: numWarmup, adaptsMetric: false }];
  const fits = INITIAL_BUFFER + FIRST_WINDOW + FINAL_BUFFER <= numWarmup;
  const metricStart = fits ? INITIAL_BUFFER : Math.floor(0.15 * numWarmup);
  const metricEnd = numWarmup - (fits ? FINAL_BUFFER : Math.floor(0.1 * numWarmup));
  const windows: AdaptationWindow[] = [{ start: 0, end: metricStart, adaptsMetric: false }];
  let start = metricStart;
  let size = fits ? FIRST_WINDOW : metricEnd - metricStart;
  while (start < metricEnd) {
    // A window takes all that is left when the next, twice as long, would not fit behind it; the first never does.
    const last = start > metricStart && start + 3 * size > metricEnd;
    const end = last ? metricEnd : start + size;
    windows.push({ start, end, adaptsMetric: true });
    start = end;
    size *= 2;
  }
  windows.push({ start: metricEnd, end: numWarmup, adaptsMetric: false });
  return windows;
}
