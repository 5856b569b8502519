/** @file The page that shows what was computed: one file that opens from disk and loads nothing. */
import { html, raw, type Html } from '../html.ts';
import { functionBand, type FunctionBandData } from '../plots/functionBand.ts';
import { lossCurve } from '../plots/lossCurve.ts';
import { rankPlot } from '../plots/rankPlot.ts';
import { shrinkagePlot } from '../plots/shrinkagePlot.ts';
import { pageTheme as theme, type Theme } from '../plots/theme.ts';
import { tracePlot } from '../plots/tracePlot.ts';
import { htmlTable } from '../table.ts';
import { scoreColumns, type CarsResult } from './cars.ts';
import { schoolsColumns, type SchoolsResult } from './eightSchools.ts';
import { style } from './style.ts';

export interface PageContents {
  readonly cars: CarsResult;
  readonly schools: SchoolsResult;
  readonly backend: string;
}

/** The page as HTML text. */
export function page({ cars, schools, backend }: PageContents): string {
  const body = html`
<h1>What <code>npm start</code> has just computed</h1>
<p class="lede">A neural network made Bayesian by variational inference, and a hierarchical model sampled with NUTS: both
written in TypeScript over TensorFlow.js, both run on your machine.</p>
${carsSection(cars)}
${schoolsSection(schools)}
<footer><p>${timings(cars, schools, backend)} The cars come from the npm package vega-datasets 3.2.1 (StatLib, 1982), the
schools from posteriordb (Rubin, 1981). Run it again: the same numbers come out, to rounding.</p></footer>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tyche: a Bayesian network and eight schools</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>${body.markup}
</body>
</html>
`;
}

function timings({ scores }: CarsResult, schools: SchoolsResult, backend: string): string {
  const networks = scores.map(({ name, seconds }) => `the ${name} took ${seconds.toFixed(1)} s`).join(', ');
  return `On the tfjs backend “${backend}”, ${networks}; on “cpu”, the eight schools took ${schools.seconds.toFixed(1)} s.`;
}

function figure(drawing: Html, caption: Html): Html {
  return html`<figure>${drawing}<figcaption>${caption}</figcaption></figure>`;
}

function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

function carsSection(cars: CarsResult): Html {
  const { train, test } = cars.plot;
  const count = train.length + test.length;
  return html`
<section>
<h2>Fuel consumption: one network, fitted twice</h2>
<p>How far does a car go on a gallon, given the power of its engine? A network with two hidden layers of 50 units learns it
from ${train.length} of ${count} cars of the years 1970 to 1982, few enough to be learnt by heart; the other ${test.length} are held out. It is
trained once as usual, by minimising squared error, and once as a Bayesian network: each weight has a standard normal prior, the
scale of the noise is unknown too, and a Gaussian for every weight, with a standard deviation of at most 0.1, is fitted to the
posterior.</p>
${figure(raw(carsFigure(cars, theme)), html`<b>Both networks see the same cars; one of them knows how sure it is.</b>
Each thin line is one function drawn from the posterior: they agree where there are many cars, and part ways where there are
few. The shades are where the Bayesian network expects half and 95 % of new cars; of the cars held out, ${percent(cars.coverage.half)}
and ${percent(cars.coverage.most)} lie there.`)}
${htmlTable(
  `On the ${test.length} cars held out: root mean squared error, and the mean logarithm of the probability density given to each car (higher is better).`,
  scoreColumns,
  cars.scores,
)}
${figure(
  raw(
    lossCurve(cars.losses, {
      theme,
      alt: `The loss, from ${cars.losses[0]?.toFixed(0)} at the first step to ${tenth(cars.losses, 9)} over the last tenth of the steps.`,
      xLabel: 'step',
      yLabel: 'loss: negative evidence lower bound, nats',
    }),
  ),
  html`<b>Has the fit converged?</b> The loss of the Bayesian network over its ${cars.losses.length.toLocaleString('en')} steps, averaged over short
runs of steps, on a logarithmic axis. Over the last tenth of the steps its mean is ${tenth(cars.losses, 9)}, over the tenth
before, ${tenth(cars.losses, 8)}.`,
)}
</section>`;
}

/** The mean of the `index`-th tenth of `losses`, counting from 0. */
function tenth(losses: readonly number[], index: number): string {
  const part = losses.slice(Math.floor((losses.length * index) / 10), Math.floor((losses.length * (index + 1)) / 10));
  return (part.reduce((sum, loss) => sum + loss, 0) / part.length).toFixed(1);
}

/** The data, both fits, posterior functions and predictive bands; also the picture of the README. */
export function carsFigure({ plot }: { readonly plot: FunctionBandData }, colours: Theme): string {
  const [first = 0, last = 0] = [plot.grid[0], plot.grid.at(-1)];
  return functionBand(plot, {
    theme: colours,
    alt:
      `Miles per gallon against horsepower, from ${first} to ${last}: cars as dots, the fewer miles the more power; ` +
      `a deterministic fit; ${plot.functions.length} posterior functions that fan out at both ends; two predictive bands.`,
    xLabel: 'horsepower',
    yLabel: 'miles per gallon',
    yDomain: [0, 55],
    bandLabel: '50 % and 95 % of new cars',
  });
}

function schoolsSection(schools: SchoolsResult): Html {
  const { settings, rows, warnings } = schools;
  const { numChains, numWarmup, numSamples } = settings;
  const worst = Math.max(...rows.map(({ standardErrorsOff }) => Math.abs(standardErrorsOff)));
  const problems = warnings.length > 0 ? warnings.join(' ') : 'No transition diverged.';
  return html`
<section>
<h2>Eight schools: four chains of NUTS</h2>
<p>Eight schools coached their pupils for a test, and each estimated by how many points that helped. How much of the
difference between schools is real? The hierarchical model supposes effects theta around a common mean mu, with spread tau,
and lets the data say how alike the schools are. ${numChains} chains drew ${numSamples.toLocaleString('en')} times each after
${numWarmup.toLocaleString('en')} steps of warm-up. ${problems}</p>
${figure(raw(shrinkageFigure(schools)), html`<b>The schools learn from each other.</b> Each estimate is drawn towards the common mean
(dashed), the more so the less it is sure of itself, and all become surer.`)}
${htmlTable(
  `The posterior, and what is known of it: means and standard deviations of 10,000 reference draws made with Stan. The last column says how far our mean is off, in standard errors of both; the largest is ${worst.toFixed(1)}.`,
  schoolsColumns,
  rows,
)}
${chainsFigure(schools)}
</section>`;
}

/** The half-width of a central 90 % interval of a normal distribution, in standard deviations. */
const Z90 = 1.645;

function shrinkageFigure({ effect, standardError, rows }: SchoolsResult): string {
  const groups = effect.flatMap((centre, i) => {
    const row = rows.find(({ name }) => name === `theta[${i}]`);
    const reach = Z90 * (standardError[i] ?? 0);
    return row
      ? [{
          name: row.name,
          alone: { centre, lower: centre - reach, upper: centre + reach },
          pooled: { centre: row.mean, lower: row.q5, upper: row.q95 },
        }]
      : [];
  });
  const centre = rows.find(({ name }) => name === 'mu')?.mean ?? 0;
  return shrinkagePlot(groups, {
    theme,
    alt: `Two intervals for each of ${groups.length} schools; the posterior ones are shorter and lie closer together, around ${centre.toFixed(1)}.`,
    xLabel: 'effect of coaching, points',
    centre,
  });
}

/** Points shown of each chain in its trace. */
const TRACE_POINTS = 500;

function chainsFigure({ chains, rows, settings: { numSamples, numChains } }: SchoolsResult): Html {
  const every = Math.max(1, Math.round(numSamples / TRACE_POINTS));
  const plots = [...chains].map(([name, draws]) => {
    const trace = tracePlot(draws, { theme, alt: `Trace of ${name}, ${numChains} chains`, every });
    const ranks = rankPlot(draws, { theme, alt: `Rank histograms of ${name}, ${numChains} chains` });
    return html`<h3>${name}</h3>${raw(trace)}${raw(ranks)}\n`;
  });
  const shown = every === 1 ? 'draw' : `${every}${every === 2 ? 'nd' : every === 3 ? 'rd' : 'th'} draw`;
  return html`<figure>
<ul class="legend">${Array.from({ length: numChains }, (_, chain) => html`<li style="--chain: ${theme.chains[chain % theme.chains.length] ?? theme.ink}">chain ${chain + 1}</li>`)}</ul>
<div class="chains"><span></span><h4>trace</h4><h4>ranks</h4>
${plots}</div>
<figcaption><b>Do the chains agree?</b> Left, every ${shown} of each chain: noises around one level if they do. Right, how many
draws of each chain fall into each twentieth of all draws in order of size: about as many everywhere (dashed) if the chains have
found the same distribution; the shade is where 95 % of the counts would lie if draws were independent. In numbers, the largest
R-hat is ${Math.max(...rows.map(({ rHat }) => rHat)).toFixed(3)}; 1 is perfect.</figcaption></figure>`;
}
