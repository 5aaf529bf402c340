import type { Finding, FindingStatus } from '../ddns/doctor/domain/finding.js';

const WORDS: Readonly<Record<FindingStatus, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: 'skip' };

/** One line a finding, and below it what to change; advice that was given already is not repeated. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const given = new Set<string>();
  const lines = findings.flatMap(({ check, subject, status, message, advice }) => {
    const line = `${WORDS[status].padEnd(4)}  ${check.padEnd(width)}  ${subject}: ${message}`;
    const text = advice.join('\n');
    if (advice.length === 0) return [line];
    if (given.has(text)) return [line, `${' '.repeat(width + 8)}-> as above`];
    given.add(text);
    return [
      line,
      ...advice.map((sentence, index) => `${' '.repeat(width + 8)}${index === 0 ? '-> ' : '   '}${sentence}`),
    ];
  });
  return [...lines, '', summary(findings)].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (status: FindingStatus): number => findings.filter((finding) => finding.status === status).length;
  const parts = [
    `${count('ok')} ok`,
    `${count('warn')} to look at`,
    `${count('fail')} wrong`,
    `${count('skipped')} left out`,
  ];
  return `${findings.length} checks: ${parts.join(', ')}`;
}
