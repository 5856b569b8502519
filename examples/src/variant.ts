/** @file Examples that can be run in several sizes: `npm run example NAME -- VARIANT`. */

/**
 * The one of `variants` that the first of `words` names; without a word, the first.
 *
 * @throws Error for a word that names none.
 */
export function variant<T>(variants: Readonly<Record<string, T>>, words: readonly string[] = process.argv.slice(2)): T {
  const names = Object.keys(variants);
  const [name = names[0] ?? ''] = words;
  const chosen = names.includes(name) ? variants[name] : undefined;
  if (chosen === undefined) throw new Error(`there is no variant "${name}" of this example; there are ${names.join(' and ')}`);
  return chosen;
}
