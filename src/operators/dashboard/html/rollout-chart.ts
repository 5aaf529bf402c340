import { durationText } from '../domain/duration-text.js';
import type { CurvePoint } from '../domain/rollout-curve.js';
import { figure } from './figure.js';
import { html, type Html } from './html.js';
import { table } from './table.js';

const WIDTH = 720;
const HEIGHT = 200;
const TOP = 24;
const BOTTOM = 26;
const TABLE_EVERY = 6;

/** How many of the devices have their certificates as time goes on: a line, told in words, and as a table. */
export function rolloutChart(curve: readonly CurvePoint[], devices: number, now: Date): Html {
  const start = curve[0]!.at;
  const length = curve.at(-1)!.at - start;
  const x = (at: number): number => Math.round(((at - start) / length) * WIDTH);
  const y = (count: number): number => Math.round(HEIGHT - BOTTOM - (count / devices) * (HEIGHT - TOP - BOTTOM));
  const line = curve.map(({ at, devices: done }) => `${x(at)},${y(done)}`).join(' ');
  const foot = HEIGHT - BOTTOM;
  const inWords = (at: number): string =>
    at - now.getTime() < 60_000 ? 'now' : `in ${durationText(at - now.getTime())}`;
  return html`<figure class="rollout">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="rollout-title rollout-text">
      <title id="rollout-title">Devices with a certificate as time goes on</title>
      <desc id="rollout-text">${summaryOf(curve, devices, inWords)}</desc>
      ${[0.5, 1].map(
        (share) =>
          html`<line class="grid" x1="0" x2="${WIDTH}" y1="${y(devices * share)}" y2="${y(devices * share)}"></line>
            <text class="label" x="4" y="${y(devices * share) - 5}">${figure(Math.round(devices * share))}</text>`,
      )}
      <polygon class="area" points="0,${foot} ${line} ${WIDTH},${foot}"></polygon>
      <polyline class="line" points="${line}"></polyline>
      <line class="axis" x1="0" x2="${WIDTH}" y1="${foot}" y2="${foot}"></line>
      <text class="label" x="0" y="${HEIGHT - 8}">now</text>
      <text class="label middle" x="${WIDTH / 2}" y="${HEIGHT - 8}">${inWords(start + length / 2)}</text>
      <text class="label end" x="${WIDTH}" y="${HEIGHT - 8}">${inWords(start + length)}</text>
    </svg>
    <details>
      <summary>The forecast as a table</summary>
      ${table(
        'Devices with a certificate as time goes on',
        [
          { title: 'When', kind: 'name', cell: ({ at }) => inWords(at) },
          { title: 'Devices', kind: 'number', cell: ({ devices: done }) => figure(done) },
        ],
        curve.filter((_, index) => index % TABLE_EVERY === 0),
        '',
      )}
    </details>
  </figure>`;
}

function summaryOf(curve: readonly CurvePoint[], devices: number, inWords: (at: number) => string): string {
  const half = curve.find(({ devices: done }) => done >= devices / 2);
  return [
    `At once: ${figure(curve[0]!.devices)}.`,
    half && `Half of them (${figure(Math.round(devices / 2))}): ${inWords(half.at)}.`,
    `All ${figure(devices)}: ${inWords(curve.at(-1)!.at)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}
