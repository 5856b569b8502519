/** @file Whether a file is one of this network: by names and shapes. */

/** Shapes by the names of arrays. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** @throws Error, which begins with `where`, unless `found` (in a file) has the names and shapes of `wanted`. */
export function checkShapes(where: string, found: Shapes, wanted: Shapes): void {
  const odd = [...found.keys()].find((name) => !wanted.has(name));
  if (odd !== undefined) throw new Error(`${where}: the file has "${odd}", which is nothing of this network's`);
  for (const [name, shape] of wanted) {
    const stored = found.get(name);
    if (stored === undefined) throw new Error(`${where}: the file has no "${name}", which this network needs`);
    if (stored.length === shape.length && stored.every((size, i) => size === shape[i])) continue;
    throw new Error(`${where}: "${name}" has shape [${stored.join(', ')}] in the file, but must have [${shape.join(', ')}] in this network`);
  }
}
