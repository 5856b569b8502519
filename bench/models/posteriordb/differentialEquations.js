/** @file Differential equations, solved by fourth-order Runge-Kutta steps of fixed length: unrolled, and as a loop. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, ops, plate, sample } from '@tychejs/ppl';
import { poisson, times } from './simulate.js';

/** One classical step of length h. */
function rungeKutta(f, y, t, h) {
  const k1 = f(y, t);
  const k2 = f(tf.add(y, tf.mul(k1, h / 2)), t + h / 2);
  const k3 = f(tf.add(y, tf.mul(k2, h / 2)), t + h / 2);
  const k4 = f(tf.add(y, tf.mul(k3, h)), t + h);
  return tf.add(y, tf.mul(tf.addN([k1, tf.mul(k2, 2), tf.mul(k3, 2), k4]), h / 6));
}

/**
 * The solution of y' = f(y, t) at `ends`.
 *
 * @param state - y at `start`, a tensor.
 * @param steps - Runge-Kutta steps between one end and the next.
 */
function solve(f, state, start, ends, steps) {
  const solution = [];
  let [y, t] = [state, start];
  for (const end of ends) {
    const h = (end - t) / steps;
    for (let i = 0; i < steps; i++, t += h) y = rungeKutta(f, y, t, h);
    t = end;
    solution.push(y);
  }
  return tf.stack(solution);
}

/** The same for an equation without t and ends a unit apart, with a loop that is compiled as one. */
function solveByScan(f, state, numEnds, steps) {
  const unit = (y) => {
    let next = y;
    for (let i = 0; i < steps; i++) next = rungeKutta(f, next, 0, 1 / steps);
    return [next, next];
  };
  const [, solution] = ops.scan(unit, state, null, { length: numEnds });
  return solution;
}

const HARES = [
  30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7,
];
const LYNXES = [
  4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6,
];

/** @param integrate - from growth and initial state to the states after 1 .. N years. */
function lotkaVolterraModel({ N, y_init, y }, integrate) {
  const theta = sample('theta', dist.truncatedNormal([1, 0.05, 1, 0.05], [0.5, 0.05, 0.5, 0.05], 0, Infinity).toEvent(1));
  const initial = sample('z_init', dist.logNormal([Math.log(10), Math.log(10)], 1).toEvent(1));
  const sigma = sample('sigma', dist.logNormal([-1, -1], 1).toEvent(1));
  const [alpha, beta, gamma, delta] = tf.unstack(theta);
  const growth = (z) => {
    const [prey, predator] = tf.unstack(z);
    return tf.stack([
      tf.mul(prey, tf.sub(alpha, tf.mul(beta, predator))),
      tf.mul(predator, tf.sub(tf.mul(delta, prey), gamma)),
    ]);
  };
  sample('y_init', dist.logNormal(tf.log(initial), sigma).toEvent(1), { obs: y_init });
  const z = integrate(growth, initial);
  plate('years', N, () => sample('y', dist.logNormal(tf.log(z), sigma).toEvent(1), { obs: y }));
}

function haresAndLynxes() {
  const [first, ...rest] = HARES.map((hares, i) => [hares, LYNXES[i]]);
  return { N: 20, y_init: first, y: rest };
}

/** hudson_lynx_hare-lotka_volterra: hares and lynxes, 1900 to 1920 (Howard 2009). */
export const lotkaVolterra = {
  model(given) {
    lotkaVolterraModel(given, (growth, initial) => solve(growth, initial, 0, times(given.N, (i) => i + 1), 4));
  },
  data: haresAndLynxes,
};

/** The same with a loop that is compiled as one. */
export const lotkaVolterraByScan = {
  model(given) {
    lotkaVolterraModel(given, (growth, initial) => solveByScan(growth, initial, given.N, 4));
  },
  data: haresAndLynxes,
};

/** one_comp_mm_elim_abs: one compartment, first-order absorption, Michaelis-Menten elimination. */
export const oneCompartment = {
  model({ D, V, t0, times: ends, C_hat }) {
    const [absorption, halfway, most] = ['k_a', 'K_m', 'V_m'].map((name) => sample(name, dist.halfCauchy(1)));
    const sigma = sample('sigma', dist.halfCauchy(1));
    const change = (c, t) => {
      const absorbed = tf.mul(tf.exp(tf.mul(absorption, -t)), tf.mul(absorption, D / V));
      return tf.sub(absorbed, tf.div(tf.mul(tf.div(most, V), c), tf.add(halfway, c)));
    };
    const concentration = solve(change, tf.scalar(0), t0, ends, 4);
    plate('times', ends.length, () => sample('C_hat', dist.logNormal(tf.log(concentration), sigma), { obs: C_hat }));
  },
  data: (stream) => {
    const [ka, km, vm, D, V] = [0.75, 0.25, 1, 30, 2];
    const ends = times(20, (i) => (i + 1) / 2);
    const observed = [];
    let c = 0;
    for (let k = 0; k < 10_000; k++) {
      c += 0.001 * ((Math.exp(-ka * 0.001 * k) * D * ka) / V - ((vm / V) * c) / (km + c));
      if (k % 500 === 499) observed.push(c * Math.exp(0.1 * stream.normal()));
    }
    return { D, V, t0: 0, times: ends, C_hat: observed };
  },
};

/** soil_carbon-soil_incubation: two pools of carbon with feedback. */
export const soilIncubation = {
  model({ totalC_t0, t0, ts, eCO2mean, eCO2sd }) {
    const [k1, k2] = ['k1', 'k2'].map((name) => sample(name, dist.halfNormal(1)));
    const [a21, a12] = ['alpha21', 'alpha12'].map((name) => sample(name, dist.halfNormal(1)));
    const gamma = sample('gamma', dist.beta(10, 1));
    const sigma = sample('sigma', dist.halfCauchy(1));
    const decay = (pools) => {
      const [first, second] = tf.unstack(pools);
      const [out1, out2] = [tf.mul(k1, first), tf.mul(k2, second)];
      return tf.stack([tf.sub(tf.mul(a12, out2), out1), tf.sub(tf.mul(a21, out1), out2)]);
    };
    const initial = tf.mul(totalC_t0, tf.stack([gamma, tf.sub(1, gamma)]));
    const evolved = tf.sub(totalC_t0, tf.sum(solve(decay, initial, t0, ts, 2), 1));
    plate('times', ts.length, () => {
      const latent = sample('eCO2', dist.normal(evolved, sigma));
      sample('eCO2mean', dist.normal(latent, eCO2sd), { obs: eCO2mean });
    });
  },
  data: (stream) => {
    const ts = times(25, (i) => i + 1);
    const mean = ts.map((t) => 7.7 * 0.5 * (1 - Math.exp(-0.1 * t)) + 0.05 * stream.normal());
    return { totalC_t0: 7.7, t0: 0, ts, eCO2mean: mean, eCO2sd: ts.map(() => 0.1) };
  },
};

/** sir-sir: susceptible, infected and recovered people, and bacteria in the water (Grinsztajn et al. 2021). */
export const sir = {
  model({ N_t, t0, t, y0, stoi_hat, B_hat }) {
    const scales = { beta: 2.5, gamma: 1, xi: 25, delta: 1 };
    const [beta, gamma, xi, delta] = Object.entries(scales).map(([name, scale]) => sample(name, dist.halfCauchy(scale)));
    const kappa = 1000000;
    const flow = (y) => {
      const [s, i, , b] = tf.unstack(y);
      const infected = tf.mul(tf.mul(beta, s), tf.div(b, tf.add(b, kappa)));
      const recovered = tf.mul(gamma, i);
      return tf.stack([tf.neg(infected), tf.sub(infected, recovered), recovered, tf.sub(tf.mul(xi, i), tf.mul(delta, b))]);
    };
    const y = solve(flow, tf.tensor(y0), t0, t, 4);
    const susceptible = tf.concat([[y0[0]], tf.reshape(tf.slice(y, [0, 0], [N_t, 1]), [N_t])]);
    const newCases = tf.sub(tf.slice(susceptible, [0], [N_t]), tf.slice(susceptible, [1], [N_t]));
    plate('times', N_t, () => {
      sample('stoi_hat', dist.poisson(newCases), { obs: stoi_hat });
      const bacteria = tf.reshape(tf.slice(y, [0, 3], [N_t, 1]), [N_t]);
      sample('B_hat', dist.logNormal(tf.log(bacteria), 0.15), { obs: B_hat });
    });
  },
  data: (stream) => {
    const [beta, gamma, xi, delta] = [1, 0.4, 0.6, 0.5];
    let [s, i, b, cases] = [900, 100, 500000, 0];
    const [stoi, bacteria] = [[], []];
    for (let k = 1; k <= 2000; k++) {
      const infected = (0.01 * beta * s * b) / (b + 1000000);
      b += 0.01 * (xi * i - delta * b);
      i += infected - 0.01 * gamma * i;
      s -= infected;
      cases += infected;
      if (k % 100 > 0) continue;
      stoi.push(poisson(stream, cases));
      bacteria.push(b * Math.exp(0.15 * stream.normal()));
      cases = 0;
    }
    return { N_t: 20, t0: 0, t: times(20, (k) => k + 1), y0: [900, 100, 0, 500000], stoi_hat: stoi, B_hat: bacteria };
  },
};
