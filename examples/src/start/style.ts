/** @file The style of the page: one column to read, figures a little wider, light or dark as the reader has it. */
import { cssVariables, darkTheme, lightTheme } from '../plots/theme.ts';

export const style = `
:root { color-scheme: light dark; ${cssVariables(lightTheme)} }
@media (prefers-color-scheme: dark) { :root { ${cssVariables(darkTheme)} } }
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 60rem; padding: 3.5rem 1.25rem 3rem; font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", sans-serif; }
h1, h2 { line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h1 { margin: 0 0 0.75rem; font-size: clamp(1.9rem, 4.5vw, 2.6rem); }
h2 { margin: 4rem 0 0.75rem; padding-top: 1.75rem; border-top: 1px solid var(--rule); font-size: 1.6rem; }
p { max-width: 42rem; margin: 0 0 1rem; }
a { color: var(--accent); }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.92em; }
.lede { font-size: 1.2rem; color: var(--muted); }
figure { margin: 2rem 0; }
figure svg { display: block; width: 100%; height: auto; }
figcaption, caption { max-width: 42rem; font-size: 0.92rem; line-height: 1.5; color: var(--muted); }
figcaption { margin-top: 0.75rem; }
figcaption b, caption b { color: var(--ink); font-weight: 600; }
.table { overflow-x: auto; margin: 2rem 0; }
table { min-width: min(42rem, 100%); border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 0.75rem; text-align: left; }
th, td { padding: 0.35rem 0.6rem; text-align: right; white-space: nowrap; }
th { font-weight: 500; }
th:first-child { padding-left: 0; text-align: left; }
td:last-child, th:last-child { padding-right: 0; }
thead th { border-bottom: 1px solid var(--muted); color: var(--muted); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
.chains { display: grid; grid-template-columns: 5rem 1fr 1fr; gap: 0.5rem 1rem; align-items: center; }
.chains h3, .chains h4 { margin: 0; font-size: 0.92rem; font-weight: 600; }
.chains h4 { color: var(--muted); font-weight: 500; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 0.75rem; padding: 0; list-style: none; font-size: 0.92rem; }
.legend li::before { content: ""; display: inline-block; width: 1.6em; margin-right: 0.5em; border-top: 3px solid var(--chain);
  vertical-align: middle; }
@media (max-width: 40rem) {
  .chains { grid-template-columns: 1fr; }
  .chains h4 { display: none; }
  figure { overflow-x: auto; }
  figure > svg { width: 44rem; max-width: none; }
  figcaption, caption { max-width: calc(100vw - 2.5rem); }
}
footer { margin-top: 4rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); font-size: 0.92rem; color: var(--muted); }
@media print { body { max-width: none; padding: 0; } figure, .table { break-inside: avoid; } }
`;
