import { gradient, relativeError } from '../../helpers/finiteDifference.ts';
import { banana, funnel, gaussian, logistic, standardNormal } from './densities.ts';

test.each([
  ['standard normal', standardNormal(3)],
  ['gaussian', gaussian([[2, 0.3, 0], [0.3, 1, -0.2], [0, -0.2, 0.7]])],
  ['logistic', logistic],
  ['funnel', funnel(3)],
  ['banana', banana],
])('the gradient of %s is that of finite differences', (_, target) => {
  const q = [0.7, -1.3, 0.4].slice(0, target.dimension);
  const slope = new Float64Array(target.dimension);
  target.evaluate(Float64Array.from(q), slope);
  const expected = gradient((x) => target.evaluate(Float64Array.from(x), new Float64Array(x.length)), q);
  for (const [i, value] of slope.entries()) expect(relativeError(value, expected[i]!, 1)).toBeLessThan(1e-8);
});
