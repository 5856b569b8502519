/** Networks that are measured, without anything Bayesian about them. */
import * as tfl from '@tensorflow/tfjs-layers';

const { layers: l } = tfl;
const sequential = (layers) => tfl.sequential({ layers });
const relu = (units, rest = {}) => l.dense({ units, activation: 'relu', ...rest });
const convolution = (filters, rest = {}) => l.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...rest });
const pool = () => l.maxPooling2d({ poolSize: 2 });

/** 1-50-1, tanh. */
export const regressionNet = () => sequential([l.dense({ units: 50, activation: 'tanh', inputShape: [1] }), l.dense({ units: 1 })]);

/** 784-400-400-10. */
export const perceptron = () => sequential([relu(400, { inputShape: [784] }), relu(400), l.dense({ units: 10 })]);

/** 28x28, convolutions of 16 and 32 filters. */
export const convolutionalNet = () =>
  sequential([convolution(16, { inputShape: [28, 28, 1] }), pool(), convolution(32), pool(), l.flatten(), l.dense({ units: 10 })]);

/** 32x32x3: three blocks of two convolutions with batch normalisation, each beside a path of one or none. */
export function resNet8() {
  const normal = (x, filters, strides = 1, kernelSize = 3) =>
    l.batchNormalization().apply(l.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x));
  const rectified = (x) => l.reLU().apply(x);
  const block = (x, filters, strides) => {
    const inner = normal(rectified(normal(x, filters, strides)), filters);
    return rectified(l.add().apply([inner, strides === 1 ? x : normal(x, filters, strides, 1)]));
  };
  const inputs = tfl.input({ shape: [32, 32, 3] });
  const features = block(block(block(rectified(normal(inputs, 16)), 16, 1), 32, 2), 64, 2);
  return tfl.model({ inputs, outputs: l.dense({ units: 10 }).apply(l.globalAveragePooling2d({}).apply(features)) });
}
