/** @file A learning rate that falls whenever the loss has ceased to. */
import { checkOptions } from '../util/options.ts';
import { checkSaved, within } from './layer.ts';
import type { Optimizer } from './optimizer.ts';
import { checkRange, count, notNegative } from './rule.ts';

export interface PlateauOptions {
  /** Multiplies the learning rate at each plateau; 0.1 by default. */
  readonly factor?: number;
  /** Means of so many losses are compared, since the losses of single steps are noisy; 100 by default. */
  readonly window?: number;
  /** After how many means without improvement, and one more, the learning rate falls; 10 by default. */
  readonly patience?: number;
  /** What counts as an improvement: a mean lower than the best by more than this share of its size; 1e-4 by default. */
  readonly threshold?: number;
  /** How many means are not counted after a fall; 0 by default. */
  readonly cooldown?: number;
  /** The learning rate falls no further than to this share of its first value; 0 by default. */
  readonly floor?: number;
}

const DEFAULTS: Required<PlateauOptions> = { factor: 0.1, window: 100, patience: 10, threshold: 1e-4, cooldown: 0, floor: 0 };
const name = 'optim.reduceOnPlateau';

/** What has been seen of the losses, in plain numbers. */
interface Seen {
  /** The factor of the learning rate. */
  rate: number;
  /** The lowest mean so far; null before the first. */
  best: number | null;
  /** Means since then. */
  bad: number;
  /** Means that are not counted yet. */
  cooling: number;
  /** Of the losses in the window. */
  sum: number;
  count: number;
}

/**
 * `optimizer` with a learning rate that is multiplied by `factor` whenever the mean loss has not improved for a while: torch's
 * ReduceLROnPlateau, on means over windows of steps, and with the threshold relative to the size of the best loss, which for
 * a negative ELBO may have either sign. It goes by the losses that it hears of through `observe`, which SVI tells it.
 *
 * @throws TypeError for unknown options, RangeError for options out of range.
 */
export function reduceOnPlateau(optimizer: Optimizer, options: PlateauOptions = {}): Optimizer {
  checkOptions(name, options, Object.keys(DEFAULTS));
  const settings = { ...DEFAULTS, ...options };
  check(settings);
  let seen: Seen = { rate: 1, best: null, bad: 0, cooling: 0, sum: 0, count: 0 };
  return within(
    {
      rate: () => seen.rate,
      observe: (loss) => {
        if (!Number.isFinite(loss)) return;
        seen.sum += loss;
        seen.count++;
        if (seen.count < settings.window) return;
        compare(seen, seen.sum / seen.count, settings);
        seen.sum = 0;
        seen.count = 0;
      },
      memory: {
        name,
        save: () => {
          const { best, ...others } = seen;
          return best === null ? others : { ...others, best };
        },
        load: (numbers) => {
          seen = parse(numbers);
        },
      },
    },
    optimizer,
  );
}

function compare(seen: Seen, mean: number, { factor, patience, threshold, cooldown, floor }: Required<PlateauOptions>): void {
  if (seen.best === null || mean < seen.best - threshold * Math.abs(seen.best)) {
    seen.best = mean;
    seen.bad = 0;
  } else {
    seen.bad++;
  }
  if (seen.cooling > 0) {
    seen.cooling--;
    seen.bad = 0;
  }
  if (seen.bad <= patience) return;
  seen.rate = Math.max(floor, seen.rate * factor);
  seen.cooling = cooldown;
  seen.bad = 0;
}

function check({ factor, window, patience, threshold, cooldown, floor }: Required<PlateauOptions>): void {
  checkRange(name, 'factor', factor, (value) => value > 0 && value < 1, 'in (0, 1)');
  checkRange(name, 'window', window, (value) => count(value) && value > 0, 'a whole number above 0');
  checkRange(name, 'patience', patience, count, 'a whole number');
  checkRange(name, 'threshold', threshold, notNegative, 'not negative');
  checkRange(name, 'cooldown', cooldown, count, 'a whole number');
  checkRange(name, 'floor', floor, (value) => value >= 0 && value <= 1, 'in [0, 1]');
}

function parse(numbers: Readonly<Record<string, number>>): Seen {
  const number = (key: string, holds: (value: number) => boolean, what: string): number => checkSaved(name, numbers, key, holds, what);
  return {
    rate: number('rate', (value) => value >= 0 && value <= 1, 'in [0, 1]'),
    best: Object.hasOwn(numbers, 'best') ? number('best', Number.isFinite, 'finite') : null,
    bad: number('bad', count, 'a whole number'),
    cooling: number('cooling', count, 'a whole number'),
    sum: number('sum', Number.isFinite, 'finite'),
    count: number('count', count, 'a whole number'),
  };
}
