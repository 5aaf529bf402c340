import { Verdict, type Finding } from './finding.js';

/** What `/health/ready` answered, and when. */
export type ServerAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The checks' names with `ok` or what is missing; empty when it was no answer of ours. */
      readonly checks: Readonly<Record<string, string>>;
      /** From the Date header. */
      readonly date: Date | undefined;
      /** Here, halfway between question and answer. */
      readonly askedAt: Date;
    }
  | { readonly kind: 'silence'; readonly reason: string };

/** The Date header has whole seconds, and the way takes its time. */
const SLACK_SECONDS = 3;
/** TSIG's usual fudge (RFC 8945 section 10): with more, transfers fail. */
const MAX_SECONDS = 300;

export function checkServer(url: string, answer: ServerAnswer): Finding {
  const verdict = new Verdict('server', url);
  if (answer.kind === 'silence') {
    return verdict.fail(
      `no answer: ${answer.reason}`,
      'Start the server, or set FLEETCERT_URL to the base URL under which this machine reaches it.',
    );
  }
  const missing = Object.entries(answer.checks).filter(([, state]) => state !== 'ok');
  if (missing.length > 0) {
    return verdict.fail(
      `it is not ready: ${missing.map(([name, state]) => `${name}: ${state}`).join('; ')}`,
      missing.some(([name]) => name === 'database')
        ? 'Check that PostgreSQL runs and that DATABASE_URL on the server is right; DNS goes on from memory until then.'
        : 'The server’s log says more.',
    );
  }
  if (answer.status !== 200 || Object.keys(answer.checks).length === 0) {
    return verdict.fail(
      `/health/ready answers ${answer.status}, and not as fleetcert does`,
      'Check FLEETCERT_URL, and that the reverse proxy hands /health and /v1 on to fleetcert.',
    );
  }
  return verdict.ok(`ready: ${Object.keys(answer.checks).join(', ')}`);
}

/** How far is the server's clock from this machine's? */
export function checkClock(url: string, answer: ServerAnswer): Finding {
  const verdict = new Verdict('clock', url);
  if (answer.kind === 'silence' || !answer.date) return verdict.skipped('not looked at: the server told no time');
  const seconds = Math.round((answer.date.getTime() - answer.askedAt.getTime()) / 1000);
  if (Math.abs(seconds) <= SLACK_SECONDS) return verdict.ok('the server’s clock agrees with this machine’s');
  const message = `the server’s clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine’s`;
  const advice =
    'Run a time service on both (chrony, systemd-timesyncd). SOA serials, TSIG and renewals go by the server’s clock.';
  return Math.abs(seconds) > MAX_SECONDS ? verdict.fail(message, advice) : verdict.warn(message, advice);
}
