/** What the doctor looks at; docs/doctor.md has a paragraph for each. */
export const CHECKS = [
  'delegation',
  'glue',
  'reachable',
  'authority',
  'recursion',
  'ns-set',
  'letter-case',
  'edns',
  'negative-answers',
  'out-of-zone',
  'transfer',
  'serial',
  'test-record',
  'large-answer',
  'resolver',
  'caa',
  'rebinding',
  'server',
  'clock',
  'clean-up',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** `skipped`: not looked at, and the message says why. Only `fail` makes the doctor exit with 1. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Finding {
  readonly check: CheckName;
  /** What was looked at: a zone, a name server with its address, a resolver. */
  readonly subject: string;
  readonly status: FindingStatus;
  /** What was seen, as one sentence without the final dot. */
  readonly message: string;
  /** What to change: sentences, or lines to copy. */
  readonly advice: readonly string[];
}

/** Findings of one check about one subject. */
export class Verdict {
  constructor(
    private readonly check: CheckName,
    private readonly subject: string,
  ) {}

  ok(message: string): Finding {
    return this.#of('ok', message, []);
  }

  warn(message: string, ...advice: readonly string[]): Finding {
    return this.#of('warn', message, advice);
  }

  fail(message: string, ...advice: readonly string[]): Finding {
    return this.#of('fail', message, advice);
  }

  skipped(message: string, ...advice: readonly string[]): Finding {
    return this.#of('skipped', message, advice);
  }

  #of(status: FindingStatus, message: string, advice: readonly string[]): Finding {
    return { check: this.check, subject: this.subject, status, message, advice };
  }
}
