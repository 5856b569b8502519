/** @file Linear regressions with normal errors, by hand: y ~ N(Xβ, σ), coordinates β and log σ. */

/** Columns q of X orthonormalised (twice Gram-Schmidt) with X = QR. */
function qr(columns) {
  const d = columns.length;
  const r = Array.from({ length: d }, () => new Float64Array(d));
  const q = [];
  for (let j = 0; j < d; j++) {
    const v = Float64Array.from(columns[j]);
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const along = dot(q[i], v);
        r[i][j] += along;
        for (let n = 0; n < v.length; n++) v[n] -= along * q[i][n];
      }
    }
    const norm = Math.sqrt(dot(v, v));
    r[j][j] = norm;
    q.push(v.map((x) => x / norm));
  }
  return { q, r };
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Priors of σ: [log density, its derivative by log σ], up to a constant. */
export const sigmaPriors = {
  flat: () => [0, 0],
  halfCauchy: (scale) => (sigma) => {
    const square = (sigma / scale) ** 2;
    return [-Math.log1p(square), (-2 * square) / (1 + square)];
  },
  halfNormal: (scale) => (sigma) => [-0.5 * (sigma / scale) ** 2, -((sigma / scale) ** 2)],
};

/**
 * The residual sum of squares is |Rβ - Qᵀy|² plus what no β explains: the same density as with the N rows, at a cost that
 * does not depend on N, since here gradients are counted, not timed.
 *
 * @param betaPriors - [mean, sd] of each β, or null for a flat one.
 */
export function linearRegression({ columns, y, betaPriors = null, sigmaPrior = sigmaPriors.flat, name = (beta, sigma) => named(beta, sigma) }) {
  const d = columns.length;
  const { q, r } = qr(columns);
  const z = q.map((column) => dot(column, y));
  const rest = Float64Array.from(y);
  for (let pass = 0; pass < 2; pass++) {
    for (const column of q) {
      const along = dot(column, rest);
      for (let n = 0; n < rest.length; n++) rest[n] -= along * column[n];
    }
  }
  const unexplained = dot(rest, rest);
  const residual = new Float64Array(d);
  return {
    dimension: d + 1,
    evaluate(position, gradient) {
      const logSigma = position[d];
      const sigma = Math.exp(logSigma);
      const precision = 1 / (sigma * sigma);
      let squares = unexplained;
      for (let i = 0; i < d; i++) {
        let fit = -z[i];
        for (let j = i; j < d; j++) fit += r[i][j] * position[j];
        residual[i] = fit;
        squares += fit * fit;
      }
      for (let j = 0; j < d; j++) {
        let slope = 0;
        for (let i = 0; i <= j; i++) slope -= r[i][j] * residual[i];
        gradient[j] = slope * precision;
      }
      const [logPrior, slopePrior] = sigmaPrior(sigma);
      let value = -0.5 * squares * precision - y.length * logSigma + logPrior + logSigma;
      gradient[d] = squares * precision - y.length + slopePrior + 1;
      if (betaPriors !== null) {
        for (let j = 0; j < d; j++) {
          const [mean, sd] = betaPriors[j];
          const error = (position[j] - mean) / sd;
          value -= 0.5 * error * error;
          gradient[j] -= error / sd;
        }
      }
      return value;
    },
    constrain: (position) => name(Array.from(position.subarray(0, d)), Math.exp(position[d])),
  };
}

function named(beta, sigma) {
  return { ...Object.fromEntries(beta.map((value, i) => [`beta[${i + 1}]`, value])), sigma };
}
