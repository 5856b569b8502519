/** @file The inverse Hessian that L-BFGS estimates, as the factor of a covariance matrix. */
import { dot } from '../mcmc/orthonormalBasis.ts';

/** A step, and by how much the gradient of -log p changed along it; sᵀy > 0. */
export interface CurvaturePair {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

/** V = I - pqᵀ */
interface Elementary {
  readonly p: Float64Array;
  readonly q: Float64Array;
  /** det V = 1 - pᵀq, positive. */
  readonly determinant: number;
}

/**
 * Σ = FFᵀ with F = V_m ⋯ V_1 D^½, where D is diagonal and each V the identity but for a matrix of rank one: what m updates of
 * BFGS make of D. To multiply a vector by F, by its transpose or by their inverses takes O(mn).
 *
 * It is the matrix of the compact form that the paper on Pathfinder takes the QR and Cholesky factors of (Byrd, Nocedal and
 * Schnabel, 1994). As a product it stays positive definite whatever the rounding, and draws from N(μ, Σ), log densities and
 * |Σ| come without factorising anything.
 *
 * Sources, for the factor: Brodlie, Gourlay and Greenstadt, "Rank-one and rank-two corrections to positive definite matrices
 * expressed in product form" (J. Inst. Maths Applics 1973); Zhang and Sutton, "Quasi-Newton methods for Markov chain Monte
 * Carlo" (NIPS 2011).
 */
export class InverseHessianFactor {
  /** log |Σ| */
  readonly logDeterminant: number;
  /** D^½ */
  readonly scale: Float64Array;
  private readonly updates: readonly Elementary[];

  /**
   * @param diagonal - D, n positive numbers.
   * @param pairs - the updates, oldest first.
   */
  constructor(diagonal: Float64Array, pairs: readonly CurvaturePair[]) {
    this.scale = diagonal.map(Math.sqrt);
    const updates: Elementary[] = [];
    this.updates = updates;
    for (const pair of pairs) updates.push(this.elementary(pair));
    this.logDeterminant =
      diagonal.reduce((sum, value) => sum + Math.log(value), 0) +
      2 * updates.reduce((sum, { determinant }) => sum + Math.log(determinant), 0);
  }

  get dimension(): number {
    return this.scale.length;
  }

  /** Σx */
  multiply(x: Float64Array): Float64Array {
    return this.colour(this.colourTransposed(x));
  }

  /** Fz: from independent coordinates of unit variance to those of the density. */
  colour(z: Float64Array): Float64Array {
    const x = times(this.scale, z);
    for (const { p, q } of this.updates) addMultiple(x, -dot(q, x), p);
    return x;
  }

  /** F⁻¹x, the inverse of {@link colour}. */
  whiten(x: Float64Array): Float64Array {
    const z = Float64Array.from(x);
    for (const { p, q, determinant } of this.updates.toReversed()) addMultiple(z, dot(q, z) / determinant, p);
    return divided(z, this.scale);
  }

  /** The vectors that D^-½ΣD^-½ differs from the identity along, two for each update. */
  scaledDirections(): Float64Array[] {
    return this.updates.flatMap(({ p, q }) => [divided(p, this.scale), times(this.scale, q)]);
  }

  /** D^-½ΣD^-½x */
  multiplyScaled(x: Float64Array): Float64Array {
    return divided(this.multiply(divided(x, this.scale)), this.scale);
  }

  /** Fᵀx */
  private colourTransposed(x: Float64Array): Float64Array {
    const z = Float64Array.from(x);
    for (const { p, q } of this.updates.toReversed()) addMultiple(z, -dot(p, z), q);
    return times(this.scale, z);
  }

  /** F⁻ᵀz */
  private whitenTransposed(z: Float64Array): Float64Array {
    const x = divided(z, this.scale);
    for (const { p, q, determinant } of this.updates) addMultiple(x, dot(p, x) / determinant, q);
    return x;
  }

  /**
   * The V of the next update: with B = Σ⁻¹ as it is so far and c = √(sᵀy / sᵀBs), p = s / sᵀy and q = y - cBs, so that
   * VΣVᵀ is the update of BFGS, with (VΣVᵀ)y = s and det V = 1/c.
   */
  private elementary({ step, change }: CurvaturePair): Elementary {
    const whitened = this.whiten(step);
    const curvature = dot(step, change);
    const c = Math.sqrt(curvature / dot(whitened, whitened));
    const q = change.slice();
    addMultiple(q, -c, this.whitenTransposed(whitened));
    return { p: step.map((s) => s / curvature), q, determinant: 1 / c };
  }
}

function times(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value * (b[i] ?? 0));
}

function divided(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value / (b[i] ?? 0));
}

/** x ← x + a v */
function addMultiple(x: Float64Array, a: number, v: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) + a * (v[i] ?? 0);
}
