/** @file Distances between floats. */

/** The distance from |x| to the next greater float64; of 0 and of subnormal numbers the least number above 0. */
export function ulpOf(x: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const exponent = view.getUint16(0) >> 4;
  return 2 ** Math.max(exponent - 1075, -1074);
}

/** The distance from |x| to the next greater float32. */
export function ulpOfSingle(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, Math.abs(x));
  const exponent = view.getUint16(0) >> 7;
  return 2 ** Math.max(exponent - 150, -149);
}
