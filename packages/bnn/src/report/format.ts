/** @file Numbers as reports write them. */

/** Four significant digits, with a true minus; a dash for what is no number. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0 || Number.isInteger(value)) return signed(String(value));
  const size = Math.abs(value);
  return signed(size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2));
}

/** A share as a percentage, with one digit behind the point. */
export function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`;
}

function signed(text: string): string {
  return text.replace('-', '−');
}
