/** @file Options objects: unknown keys are errors, so that a misspelt option is never silently ignored. */
import { describe } from './describe.ts';

/**
 * Checks that `options` has no keys but `allowed`.
 *
 * @param where - how the caller names the function, as in `infer.NUTS`.
 * @param advice - for who gives something else than options, a sentence.
 * @throws TypeError that names the unknown key and, where one is close, the key that was meant.
 */
export function checkOptions(where: string, options: object | undefined, allowed: readonly string[], advice?: string): void {
  if (options === undefined) return;
  const more = advice === undefined ? '' : ` ${advice}`;
  const none = (): TypeError =>
    new TypeError(`${where}: options must be an object with keys among ${allowed.join(', ')}; got ${describe(options)}.${more}`);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw none();
  for (const key of Object.keys(options)) {
    if (allowed.includes(key)) continue;
    // What has a class of its own is a tensor, say.
    if (describe(options) !== 'an Object') throw none();
    const close = closest(key, allowed);
    const hint = close === null ? '' : ` Did you mean "${close}"?`;
    const last = close === null ? more : '';
    throw new TypeError(`${where}: unknown option "${key}".${hint} Options are ${allowed.join(', ') || 'none'}.${last}`);
  }
}

/** The candidate nearest to `word` in edits, if it is near enough to have been meant. */
export function closest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
