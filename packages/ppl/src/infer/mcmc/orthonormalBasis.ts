/** @file Axes for the space that some vectors span. */

/** What is left of a vector after projections is dropped when shorter than this part of it. */
const NEGLIGIBLE = 1e-10;

/**
 * An orthonormal basis of the space that `vectors` span, by Gram and Schmidt, twice, so that rounding leaves no skewness;
 * null, for the unit vectors, when there are enough vectors to span all of the space.
 */
export function orthonormalBasis(vectors: readonly Float64Array[]): Float64Array[] | null {
  const dimension = vectors[0]?.length ?? 0;
  if (vectors.length >= dimension) return null;
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = Float64Array.from(vector);
    const length = Math.sqrt(dot(rest, rest));
    for (let pass = 0; pass < 2; pass++) {
      for (const axis of basis) {
        const along = dot(axis, rest);
        for (let i = 0; i < dimension; i++) rest[i] = (rest[i] ?? 0) - along * (axis[i] ?? 0);
      }
    }
    const left = Math.sqrt(dot(rest, rest));
    if (left > NEGLIGIBLE * length) basis.push(rest.map((x) => x / left));
  }
  return basis;
}

/** aᵀb */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
