/** @file What may stand after `npm run example resnet --`. */
import { parseArgs } from 'node:util';
import { variant } from '../variant.ts';
import { settings, type Settings } from './settings.ts';
import { ESTIMATORS, ways, type Estimator, type Way } from './ways.ts';

export interface Options {
  readonly settings: Settings;
  /** Whether to train the network anew, although an earlier run has. */
  readonly retrain: boolean;
}

const USAGE = `quick, --retrain, --ways "last layer", --estimator ${ESTIMATORS.join('|')}, --max-guide-scale 0.02, --rank 10`;

/** @throws Error for what is not understood, with what is. */
export function readOptions(words: readonly string[] = process.argv.slice(2)): Options {
  const { values, positionals } = parsed(words);
  const { retrain = false, ways: word, estimator, rank, 'max-guide-scale': maxGuideScale } = values;
  const chosen = variant(settings, positionals);
  return {
    retrain,
    settings: {
      ...chosen,
      ...(word !== undefined && { ways: waysCalled(word) }),
      ...(estimator !== undefined && { estimator: estimatorOf(estimator) }),
      ...(rank !== undefined && { rank: positive('rank', rank) }),
      ...(maxGuideScale !== undefined && { maxGuideScale: positive('max-guide-scale', maxGuideScale) }),
    },
  };
}

function parsed(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { retrain: { type: 'boolean' }, ways: text, estimator: text, rank: text, 'max-guide-scale': text } as const;
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}; there are ${USAGE}`, { cause });
  }
}

/** Those that have `word` in their name. */
function waysCalled(word: string): readonly Way[] {
  const called = ways.filter(({ name }) => name.includes(word));
  if (called.length === 0) throw new Error(`--ways: none has "${word}" in its name; there are ${ways.map(({ name }) => `"${name}"`).join(', ')}`);
  return called;
}

function estimatorOf(word: string): Estimator {
  const estimator = ESTIMATORS.find((one) => one === word);
  if (estimator === undefined) throw new Error(`--estimator: there is no "${word}"; there are ${ESTIMATORS.join(', ')}`);
  return estimator;
}

function positive(name: string, word: string): number {
  const value = Number(word);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${name}: expected a positive number, got "${word}"`);
  return value;
}
