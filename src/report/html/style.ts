/** The page's style sheet: screen in light and dark, paper, narrow windows. It loads no font and no picture. */

/** Colours on white. */
export const LIGHT = `
  --paper: #ffffff; --ink: #1c2127; --soft: #545d68; --rule: #d3d9e0; --band: #f2f5f8;
  --first: #0b5cad; --second: #a8420a; --pass: #17692f; --fail: #b01c27; --invalid: #7d4a00; --nodata: #4d5663;
  --passback: #e7f5ea; --failback: #fdecec; --invalidback: #fff3dc; --nodataback: #eceff3;
  --h1: #d3e4f4; --h2: #a3c8e6; --h3: #6ca5d5; --h4: #3a7fbc; --h5: #175893; --h6: #082f66;
`;

/** Colours on black. */
export const DARK = `
  --paper: #15181c; --ink: #e7eaee; --soft: #a6afb9; --rule: #3a424c; --band: #1e2329;
  --first: #7cbcff; --second: #ffb077; --pass: #79d595; --fail: #ff8b8f; --invalid: #f3bf62; --nodata: #b4bdc8;
  --passback: #16301e; --failback: #3d1b1e; --invalidback: #392a10; --nodataback: #272d35;
  --h1: #1c3550; --h2: #225282; --h3: #2d77b3; --h4: #569fd8; --h5: #95c9f1; --h6: #dceefe;
`;

/** What a chart needs, on a page or alone. */
export const PICTURE_STYLE = `svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--soft); }
svg text.strong { fill: var(--ink); }
.grid { stroke: var(--rule); stroke-width: 1; } .edge { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; }
.band { fill: var(--band); } .gap { fill: var(--paper); }
.first { stroke: var(--first); fill: none; stroke-width: 2; stroke-linejoin: round; }
.second { stroke: var(--second); fill: none; stroke-width: 1.3; stroke-dasharray: 4 2; stroke-linejoin: round; }
.area { fill: var(--first); fill-opacity: .18; }
.firstdot { fill: var(--first); } .seconddot { fill: none; stroke: var(--second); stroke-width: 1.2; }
.limit { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 8 4; }
.bar { fill: var(--first); fill-opacity: .75; } .harmbar { stroke: var(--second); stroke-width: 1; }
.mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 1 3; } .markdot { fill: var(--paper); stroke: var(--ink); }
svg text.marktext { fill: var(--ink); font-size: 10px; }
.h1 { fill: var(--h1); stroke: var(--h1); } .h2 { fill: var(--h2); stroke: var(--h2); } .h3 { fill: var(--h3); stroke: var(--h3); } .h4 { fill: var(--h4); stroke: var(--h4); } .h5 { fill: var(--h5); stroke: var(--h5); } .h6 { fill: var(--h6); stroke: var(--h6); }
svg text.over { stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; paint-order: stroke; }
.key { stroke: var(--soft); stroke-width: .5; }
.hatch { stroke: var(--second); stroke-width: 3; }
`;

/** Colours are variables, so that the pictures follow the scheme too; every colour is joined by a word or a shape. */
export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.soft, .note, caption, footer { color: var(--soft); }
.note, caption, footer, .soft { font-size: .875rem; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { background: var(--band); border: 1px solid var(--rule); border-radius: .3rem; padding: .6rem .8rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.verdict { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin: 1rem 0;
  padding: .9rem 1.1rem; border: 2px solid currentColor; border-radius: .4rem; }
.verdict strong { font-size: 2.2rem; line-height: 1; letter-spacing: .03em; white-space: nowrap; }
.verdict div { flex: 1 1 18rem; color: var(--ink); }
.verdict p { margin: 0; max-width: none; }
.verdict p + p { margin-top: .3rem; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .invalid { color: var(--invalid); } .no-data { color: var(--nodata); }
.verdict.pass { background: var(--passback); } .verdict.fail { background: var(--failback); }
.verdict.invalid { background: var(--invalidback); } .verdict.no-data { background: var(--nodataback); }
.story { font-size: 1.08rem; max-width: 50rem; }
.verdict strong.check { font-size: 1em; letter-spacing: 0; white-space: normal; line-height: inherit; }
.status { font-weight: 700; white-space: nowrap; }
.scroll { overflow-x: auto; margin: .75rem 0; }
.scroll:focus-visible, pre:focus-visible, summary:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--rule); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
tr.group th { background: var(--band); font-weight: 600; }
tfoot th, tfoot td { font-weight: 700; border-bottom: 0; border-top: 2px solid var(--rule); }
/* Most cells are figures: words are marked, not they. */
td { text-align: right; white-space: nowrap; } td.words { text-align: left; white-space: normal; }
th.figure { text-align: right; }
.harm { font-weight: 700; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .3rem 1.25rem; margin: .75rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
td .soft { font-size: .9em; }
details table { font-size: .82rem; } details th, details td { padding: .25rem .4rem; }
details > summary { cursor: pointer; padding: .3rem 0; }
figure { margin: 1rem 0 1.5rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
figcaption span { font-weight: 400; color: var(--soft); }
svg { display: block; width: 100%; min-width: 36rem; height: auto; }
${PICTURE_STYLE}.stream { fill: var(--first); fill-opacity: .22; } .harmed { fill: url(#harm); fill-opacity: .8; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); }
@media (max-width: 40rem) { body { padding: 1rem .75rem 2rem; } th, td { padding: .25rem .4rem; } .scroll > table { min-width: 42rem; } .brief .scroll > table { min-width: 0; font-size: .8rem; } .brief td { white-space: normal; } dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .4rem; } .verdict strong { font-size: 1.8rem; } }
@page { margin: 15mm; }
@media print { :root { color-scheme: light; ${LIGHT} } html { font-size: 10pt; } body { max-width: none; padding: 0; } h2 { margin-top: 1.5rem; }
  .scroll { overflow: visible; } svg { min-width: 0; } table { font-size: 8.5pt; } th, td { padding: .15rem .3rem; }
  thead { display: table-header-group; } tr, figure, .verdict { break-inside: avoid; } h2, h3, figcaption, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; } .behind { display: none; } details table { font-size: 6.5pt; } details th, details td { padding: .1rem .2rem; } }
`;
