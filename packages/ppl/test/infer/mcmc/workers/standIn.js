/** @file Log densities by name, in plain JavaScript, so that tests and their workers have the same: stand-ins for programs. */

/** Normals, with a second mode at 1000 in the first coordinate, which no chain reaches that does not begin there. */
function normals(dimension, onEvaluation = () => {}) {
  let beyond = 0;
  return {
    dimension,
    evaluate(q, gradient) {
      const centre = q[0] > 500 ? 1000 : 0;
      if (centre > 0) beyond++;
      onEvaluation(centre > 0 ? beyond : 0);
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const x = i === 0 ? q[0] - centre : q[i];
        gradient[i] = -x / (i + 1);
        sum += (x * x) / (i + 1);
      }
      return -0.5 * sum;
    },
  };
}

function spin(milliseconds) {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** What goes wrong happens at the second mode after a while. */
const later = (act) => (beyond) => {
  if (beyond > 700) act();
};

const DENSITIES = {
  normals: () => normals(3),
  slow: () => normals(3, () => spin(0.03)),
  verySlow: () => normals(3, () => spin(100)),
  throws: () => normals(3, later(() => {
    throw new RangeError('beyond the edge');
  })),
  exits: (isWorker) => normals(3, later(() => {
    if (isWorker) process.exit(3);
    throw new Error('here, it throws');
  })),
  outOfMemory: (isWorker) => normals(3, later(() => {
    if (!isWorker) throw new Error('here, it throws');
    const hoard = [];
    for (;;) hoard.push(Array.from({ length: 1e5 }, () => hoard.length));
  })),
  unloadable: (isWorker) => {
    if (isWorker) throw new Error('a corrupt program');
    return normals(3, () => spin(0.03));
  },
};

/** The density called `name`, with its sites. */
export function standIn(name, isWorker) {
  const density = DENSITIES[name](isWorker);
  return {
    density,
    constrain: (q) => ({
      scale: { data: Float64Array.of(Math.exp(q[2])), shape: [] },
      rest: { data: q.slice(1), shape: [density.dimension - 1] },
    }),
  };
}
