import { describeDuration } from '../issuer/domain/limits/duration.js';
import { limitRule } from '../issuer/domain/limits/limit-rule.js';
import type { Forecast } from '../issuer/domain/planner/forecast.js';
import type { SimulationReport } from '../issuer/simulation/report.js';
import { columns, resample, table } from './plan-chart.js';

const DAY_SECONDS = 86_400;
const CHART_WIDTH = 60;
const CHART_HEIGHT = 6;

const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
const percent = (part: number) =>
  `${(part * 100).toLocaleString('en', { maximumFractionDigits: part < 0.1 ? 2 : 1 })} %`;

/** `now`: what the forecast's times count from; milliseconds since the epoch. */
export function forecastText(forecast: Forecast, now: number): string {
  const { rollout, steady, options, renewalsPerDay, replaceAllSeconds } = forecast;
  const { binding } = rollout;
  const binds =
    binding === 'in-flight'
      ? 'the number of orders in flight'
      : limitRule(binding.limitName).title + (binding.limitName === 'new-orders' ? '' : ` (${binding.subject})`);
  const seconds = (rollout.endsAt - now) / 1000;
  const ends = Number.isFinite(seconds) ? `ends after ${describeDuration(seconds)}` : 'never ends';
  const lines = [
    'Forecast',
    `  The rollout ${ends}. What binds: ${binds}.`,
    `  Afterwards ${number(renewalsPerDay)} renewals a day. To replace every certificate takes ${describeDuration(replaceAllSeconds)}.`,
  ];
  if (steady.length > 0) {
    const rows = steady.map(({ limitName, subject, usedPerDay, allowedPerDay, part }) => [
      `  ${limitName} (${subject})`,
      number(usedPerDay),
      number(allowedPerDay),
      percent(part),
    ]);
    lines.push('', table([['  Limit, when the fleet only renews', 'a day', 'allowed', 'used'], ...rows]));
  }
  if (options.length > 0) lines.push('', '  Sooner would be');
  for (const { what, endsAt } of options) lines.push(`  - ${describeDuration((endsAt - now) / 1000)}: ${what}`);
  return lines.join('\n');
}

export function simulationText(report: SimulationReport): string {
  const { expiries, estimates, rolloutDays } = report;
  const rolledOut = rolloutDays === undefined ? 'not within the time' : describeDuration(rolloutDays * DAY_SECONDS);
  const rows: [string, string][] = [
    ['Devices with a first certificate', number(report.rolledOut)],
    ['Rollout', rolledOut],
    ...Object.entries(report.rolloutDaysByGroup).map(([group, days]): [string, string] => [
      `  of the group ${group}`,
      days === undefined ? 'not within the time' : describeDuration(days * DAY_SECONDS),
    ]),
    ['Certificates issued', number(report.issued)],
    ['  renewals among them', number(report.renewed)],
    ['  renewed by the server for sleeping devices', number(report.serverRenewals)],
    ['Validations that failed', number(report.failed)],
    ['Orders refused by the CA', number(report.refusals)],
    ['Expired on a reachable device', number(expiries.reachable)],
    ['Expired while the device was silent too long', number(expiries.lapsed)],
    ['Expired while its own validation failed', number(expiries.failing)],
    ['Replaced too late after a revocation', number(report.revokedLate)],
    ['Most orders in flight', number(report.mostInFlight)],
    ['Most certificates in a day', number(report.mostIssuedADay)],
    ['Still waiting at the end', number(report.waiting)],
    ['Estimated times right within a tenth', estimates.count > 0 ? percent(estimates.withinTenth) : 'none made'],
    ['  made when every device had come once', estimates.count > 0 ? percent(estimates.withinTenthWhenAllHadCome) : ''],
  ];
  const title = `Simulation of ${number(report.days)} days, seed ${report.seed}`;
  return `${title}\n${table(rows.map(([name, value]) => [`  ${name}`, value]))}\n\n${chart(report)}`;
}

/** Covered devices as columns, waiting orders and certificates a day as lines of their own. */
function chart({ samples, devices }: SimulationReport): string {
  const covered = resample(
    samples.map((sample) => sample.covered),
    CHART_WIDTH,
  );
  const scale = `0 ${`${samples.at(-1)?.day ?? 0} d`.padStart(Math.max(0, covered.length - 2))}`;
  return [
    ...columns(covered, CHART_HEIGHT, devices).map((line, i) => labelled(i === 0 ? number(devices) : '', line)),
    `${labelled('', scale)}   devices with a valid certificate`,
    sparkline(
      'waiting',
      samples.map((sample) => sample.waiting),
    ),
    sparkline(
      'a day',
      samples.map(({ issued }, i) => issued - (samples[i - 1]?.issued ?? 0)),
    ),
  ].join('\n');
}

function sparkline(label: string, values: readonly number[]): string {
  const most = Math.max(...values);
  return `${labelled(label, columns(resample(values, CHART_WIDTH), 1, most)[0]!)} ${number(most)} at most`;
}

function labelled(label: string, line: string): string {
  return `  ${label.padStart(9)} ${line}`;
}
