import type { LimitName } from '../../../../issuer/domain/limits/limit-name.js';
import { limitRule } from '../../../../issuer/domain/limits/limit-rule.js';
import type { Forecast, SteadyUse } from '../../../../issuer/domain/planner/forecast.js';
import { durationText } from '../../domain/duration-text.js';
import type { CurvePoint } from '../../domain/rollout-curve.js';
import { figure } from '../../html/figure.js';
import { field } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { rolloutChart } from '../../html/rollout-chart.js';
import { utc } from '../../html/time.js';
import type { Rollout } from './rollouts.js';

export const MOST_DEVICES = 100_000_000;
/** Limits that the fleet hardly touches say nothing, but for those that everybody asks about. */
const WORTH_SHOWING = 0.05;
const ALWAYS_SHOWN: readonly LimitName[] = ['new-orders', 'certificates-per-domain'];

/** When a rollout of more devices would end, what binds, and what would help. */
export function rolloutCard({ devices, forecast, curve }: Rollout, now: Date): Html {
  return html`<section class="card" aria-labelledby="forecast">
    <h2 id="forecast">Forecast: ${figure(devices)} more devices</h2>
    <p>${outlook(forecast, devices, now)}</p>
    ${chart(curve, devices, now)}
    <form method="get" action="/" class="fields small">
      ${field('rollout', 'devices', 'How many more devices?', { value: String(devices), type: 'number', least: 0, most: MOST_DEVICES })}
      <button>Forecast</button>
    </form>
    ${options(forecast, now)} ${steadyUse(forecast)}
  </section>`;
}

function outlook({ rollout: { endsAt, binding } }: Forecast, devices: number, now: Date): HtmlValue {
  if (devices === 0) return 'Say how many devices are to come, and see when they would have their certificates.';
  if (!Number.isFinite(endsAt)) {
    return html`<strong>Never:</strong> renewals alone take all that the CA allows. ${bindingText(binding)}`;
  }
  const end = new Date(endsAt);
  return html`All have their certificates <strong>in ${durationText(endsAt - now.getTime())}</strong>, by ${utc(end)}.
    ${bindingText(binding)}`;
}

function bindingText(binding: Forecast['rollout']['binding']): string {
  if (binding === 'in-flight')
    return 'No limit of the CA binds, but the number of orders that may be in flight at once.';
  return `What binds is the limit on ${limitRule(binding.limitName).title} (${binding.subject}).`;
}

function chart(curve: readonly CurvePoint[], devices: number, now: Date): HtmlValue {
  return devices > 0 && curve.length > 0 && rolloutChart(curve, devices, now);
}

function options({ options: known }: Forecast, now: Date): HtmlValue {
  if (known.length === 0) return null;
  return html`<details>
    <summary>What would make it faster</summary>
    <ul class="plain">
      ${known.map(
        ({ what, endsAt }) =>
          html`<li>${what} <span class="muted">Then: in ${durationText(endsAt - now.getTime())}.</span></li>`,
      )}
    </ul>
  </details>`;
}

function steadyUse({ steady, renewalsPerDay }: Forecast): HtmlValue {
  const shown = steady
    .filter(({ limitName, part }) => ALWAYS_SHOWN.includes(limitName) || part >= WORTH_SHOWING)
    .toSorted((a, b) => b.part - a.part);
  return html`<h3>Day by day, when all are there</h3>
    <p class="muted">About ${figure(Math.round(renewalsPerDay))} renewals a day.</p>
    ${
      shown.length > 0 &&
      html`<ul class="gauges">
        ${shown.map((use, index) => useGauge(use, `use-${index}`))}
      </ul>`
    }`;
}

function useGauge({ limitName, subject, usedPerDay, allowedPerDay, part }: SteadyUse, id: string): Html {
  return html`<li>
    <p id="${id}"><strong>${limitRule(limitName).title}</strong> <code>${subject}</code></p>
    <meter min="0" max="1" high="0.8" optimum="0" value="${Math.min(1, part)}" aria-labelledby="${id}"></meter>
    <p class="muted">
      ${rate(usedPerDay)} of ${rate(allowedPerDay)} a day${part > 1 && html` <strong>more than there is</strong>`}
    </p>
  </li>`;
}

function rate(perDay: number): string {
  if (perDay === 0) return 'none';
  return perDay >= 10 ? figure(Math.round(perDay)) : perDay < 0.1 ? 'less than 0.1' : perDay.toFixed(1);
}
