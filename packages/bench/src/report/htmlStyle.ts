/** @file The report page's style sheet: light and dark, phone and print, no font or image from elsewhere. */

// Run colours are Okabe and Ito's, lightened for the dark page; live and spoof differ in lightness as well as in hue.
export const htmlStyle = `
:root {
  color-scheme: light dark;
  --page: #fbfbf9; --card: #ffffff; --ink: #1c1d20; --soft: #5d6168; --line: #dfe0dc; --best: #0b6b4f;
  --warn-page: #fff6df; --warn-line: #d9a31a;
  --run-0: #0072b2; --run-1: #d55e00; --run-2: #009e73; --run-3: #b0578d; --run-4: #b57f00; --run-5: #4a4e55;
  --live: #1b7f8c; --spoof: #e0a458; --published: #a3a6aa;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1d2024; --ink: #e8e8e4; --soft: #a4a8ae; --line: #34383e; --best: #6fd3ae;
    --warn-page: #2c2616; --warn-line: #c4951c;
    --run-0: #56b4e9; --run-1: #f08a4b; --run-2: #3fc79a; --run-3: #dd92bd; --run-4: #e6b73c; --run-5: #b9bdc4;
    --live: #4fb8c4; --spoof: #d9954a; --published: #6d7278;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 71rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1, h2, h3 { font-family: Charter, "Bitstream Charter", "Iowan Old Style", Georgia, serif; line-height: 1.2; font-weight: 600; text-wrap: balance; }
h1 { font-size: clamp(1.8rem, 5vw, 2.6rem); margin: 0 0 0.6rem; letter-spacing: -0.01em; }
h2 { font-size: 1.45rem; margin: 3.2rem 0 0.5rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
h3 { font: 600 0.85rem/1.3 system-ui, sans-serif; margin: 0 0 0.2rem; }
p { margin: 0.5rem 0 1rem; max-width: 46rem; }
.lead { font-size: 1.1rem; }
.soft, figcaption { color: var(--soft); font-size: 0.9rem; }
.eyebrow { margin: 0; color: var(--soft); font-size: 0.8rem; letter-spacing: 0.08em; text-transform: uppercase; }
.warning { background: var(--warn-page); border-left: 4px solid var(--warn-line); padding: 0.7rem 1rem; margin: 1.2rem 0; max-width: none; }
.key { display: inline-block; width: 1.6em; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 0.4em; }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; margin: 0.6rem 0 0.8rem; padding: 0; list-style: none; font-size: 0.9rem; }
.swatch { display: inline-block; width: 0.9em; height: 0.9em; border-radius: 2px; vertical-align: -0.08em; margin-right: 0.4em; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; margin: 1.4rem 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--tone, var(--line)); border-radius: 6px; padding: 0.9rem 1.1rem 1rem; }
.tile dl { display: grid; grid-template-columns: 1fr auto; gap: 0.15rem 1rem; margin: 0.4rem 0 0; font-size: 0.92rem; }
.tile dt { color: var(--soft); } .tile dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.big { font: 600 2.3rem/1.1 Charter, "Bitstream Charter", Georgia, serif; font-variant-numeric: tabular-nums; }
.big small { font-size: 0.45em; font-weight: 400; color: var(--soft); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.32rem 0.55rem; text-align: right; vertical-align: baseline; white-space: nowrap; }
th { font-weight: 600; } thead th { vertical-align: bottom; border-bottom: 2px solid var(--ink); white-space: normal; min-width: 4.8rem; line-height: 1.25; }
thead th small { display: block; font-weight: 400; color: var(--soft); }
th.text, td.text { text-align: left; }
td.wrap { white-space: normal; min-width: 14rem; }
table.narrow { width: auto; min-width: min(30rem, 100%); }
tbody tr.first > * { border-top: 1px solid var(--line); }
tbody tr.mean > * { border-top: 2px solid var(--ink); font-weight: 600; } tbody tr.mean + tr.mean > * { border-top: 0; }
td small { color: var(--soft); font-weight: 400; }
td small.side { display: inline-block; min-width: 5.4em; text-align: left; margin-left: 0.25em; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
tbody tr.group > * { border-top: 1px solid var(--line); padding-top: 0.7rem; color: var(--soft); }
figure.small { max-width: 32rem; }
table.dense thead th { min-width: 2.6rem; } table.dense td.wrap { min-width: 6.8rem; } table.dense td small { display: block; line-height: 1.2; }
tbody tr.total > * { border-top: 2px solid var(--ink); }
table.confusion { width: auto; } table.confusion thead th { min-width: 3.4rem; } table.confusion td.right { box-shadow: inset 0 0 0 1.5px var(--ink); }
h3.method { margin-top: 1.6rem; font-size: 1rem; } .scroll + h3 { margin-top: 1.4rem; }
.best { color: var(--best); font-weight: 650; }
.ours > * { background: color-mix(in srgb, var(--run-0) 9%, transparent); }
figure { margin: 1.2rem 0; max-width: 38rem; } figure svg, .plots svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: 0.4rem; max-width: 46rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(14.5rem, 1fr)); gap: 1rem 1.1rem; margin: 1rem 0; }
.plots > div { break-inside: avoid; min-width: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; margin: 1.2rem 0; }
.card { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; break-inside: avoid; }
.card img, .card .blank { width: 100%; aspect-ratio: 1; object-fit: cover; background: var(--line); display: block; }
.card .blank { display: grid; place-items: center; color: var(--soft); font-size: 0.85rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; }
.looks { position: relative; background: #000; } .looks img { filter: grayscale(1); }
.looks img.heat { position: absolute; inset: 0; height: 100%; filter: none; opacity: 0.55; background: none; image-rendering: pixelated; }
.ramp { position: relative; width: 15rem; max-width: 80%; height: 2.4rem; margin: 0.6rem 0; } .ramp i { display: block; height: 0.7rem; border-radius: 2px; }
.ramp span { position: absolute; top: 0.85rem; white-space: nowrap; } .ramp span + span { transform: translateX(-50%); }
.card div.body { padding: 0.75rem 0.9rem 0.9rem; font-size: 0.9rem; }
.card p { margin: 0.4rem 0 0; } .card .verdict { font-weight: 650; font-size: 1rem; }
.meter { position: relative; height: 0.5rem; border-radius: 99px; margin: 0.5rem 0 0.2rem; background: color-mix(in srgb, var(--ink) 12%, transparent); }
.meter i { position: absolute; inset: 0 auto 0 0; border-radius: 99px; background: var(--live); }
.meter b { position: absolute; top: -0.2rem; bottom: -0.2rem; width: 2px; background: var(--ink); }
blockquote { overflow-wrap: anywhere; margin: 0.5rem 0 0; font-family: Charter, Georgia, serif; font-size: 1rem; line-height: 1.4; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; font-size: 0.85rem; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
li { max-width: 46rem; margin: 0.25rem 0; }
.terms { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.2rem; font-size: 0.9rem; }
.terms dt { font-weight: 600; } .terms dd { margin: 0; color: var(--soft); }
@media (max-width: 40rem) {
  main { padding-top: 1.5rem; } h2 { margin-top: 2.4rem; }
  .plots { grid-template-columns: 1fr 1fr; gap: 0.8rem; } .terms { grid-template-columns: 1fr; } .terms dd { margin-bottom: 0.4rem; }
  .cards { gap: 0.7rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); }
  th.text:first-child, td.text:first-child { position: sticky; left: 0; background: var(--page); z-index: 1; }
  td:first-child small { display: block; }
}
@media print {
  @page { size: A4; margin: 12mm; }
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; } .scroll { overflow: visible; margin: 0.6rem 0; }
  h2 { break-after: avoid; margin-top: 1.6rem; } h3 { break-after: avoid; } tr, figure { break-inside: avoid; }
  table, table.narrow { font-size: 7.5pt; min-width: 0; } th, td { padding: 0.12rem 0.28rem; }
  thead th, table.dense thead th, table.confusion thead th { min-width: 0; } td { white-space: normal; } td.text, thead th { overflow-wrap: anywhere; } td.wrap, table.dense td.wrap { min-width: 0; }
  td small.side { display: block; min-width: 0; margin: 0; text-align: right; line-height: 1.1; } td small.side:empty { display: none; }
  .plots { grid-template-columns: repeat(4, 1fr); } .cards { grid-template-columns: repeat(4, 1fr); } .card div.body { padding: 0.4rem; font-size: 8pt; }
  .tiles { grid-template-columns: repeat(3, 1fr); } .tile dl { font-size: 8pt; } blockquote { font-size: 9pt; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; } .meter i, .ramp i, img, td { print-color-adjust: exact; }
}
`;
