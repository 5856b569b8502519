/** @file The picture of the example: the record with all forecasts, and the last of them close by. */
import { forecastPlot } from '../plots/forecastPlot.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import { yearOf, type Series } from './data.ts';
import type { Forecast } from './forecast.ts';

/** An SVG file's text. */
export function figure(series: Series, forecasts: readonly Forecast[]): string {
  const points = series.months.flatMap((month, i) => (series.co2[i] === null ? [] : [{ x: yearOf(month), y: series.co2[i] ?? Number.NaN }]));
  const bands = forecasts.map(({ year, months, mean, half, most }) => ({ origin: year, grid: months.map(yearOf), mean, bands: [most, half] }));
  const last = bands.at(-1);
  if (last === undefined) throw new RangeError('there are no forecasts to draw');
  const options = { theme, yLabel: 'carbon dioxide, parts per million', bandLabel: '50 % and 90 % of what is expected' };
  const drawings = [
    { title: 'Mauna Loa: four decades, each forecast from the twenty years before', drawing: forecastPlot(points, bands, { ...options, alt: 'Carbon dioxide rises from 315 to 415 ppm; forecasts follow.' }) },
    {
      title: `The decade from ${last.origin}`,
      drawing: forecastPlot(points.filter(({ x }) => x > last.origin - 3), [last], { ...options, alt: 'The last forecast, enlarged.', height: 300, hasLegend: false }),
    },
  ];
  return onPaper(panels(drawings, { theme, alt: 'Monthly carbon dioxide with forecasts of four decades and their bands.', columns: 1 }), theme.paper);
}
