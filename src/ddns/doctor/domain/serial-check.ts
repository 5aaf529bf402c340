import { isSerialAfter, TICKS_A_SECOND } from '../../domain/serial.js';
import { Verdict, type Finding } from './finding.js';

/** What one address of a name server serves. */
export interface SeenSerial {
  readonly subject: string;
  readonly serial: number;
  /** It served the test record, which is newer than every other change; undefined: there was none. */
  readonly isFresh: boolean | undefined;
}

const MODULUS = 2 ** 32;
/** A stock secondary behind NOTIFY is seconds behind; longer means that something is broken. */
const TOLERATED_SECONDS = 60;

/** Do all serve the same SOA serial? A serial is a time (domain/serial.ts), so a difference is a number of seconds. */
export function checkSerials(zone: string, seen: readonly SeenSerial[]): readonly Finding[] {
  const [first] = seen;
  if (!first) return [];
  const newest = seen.reduce((latest, { serial }) => (isSerialAfter(serial, latest) ? serial : latest), first.serial);
  const behind = seen.filter(({ serial }) => serial !== newest);
  if (behind.length === 0) {
    const count = seen.length === 1 ? 'its one address' : `all ${seen.length} addresses`;
    return [new Verdict('serial', zone).ok(`${newest} on ${count}`)];
  }
  return behind.map(({ subject, serial, isFresh }) => {
    const verdict = new Verdict('serial', subject);
    const seconds = Math.ceil(((newest - serial + MODULUS) % MODULUS) / TICKS_A_SECOND);
    const message = `it serves serial ${serial}, ${seconds} s behind ${newest}`;
    if (isFresh && seconds <= TOLERATED_SECONDS) return verdict.ok(`${message}; it is following`);
    if (isFresh) {
      return verdict.warn(
        `${message}, but it has the newest record`,
        'A secondary that signs the zone numbers it anew: then this is as it should be.',
      );
    }
    if (seconds <= TOLERATED_SECONDS) {
      return verdict.warn(message, 'A change was on its way. Run the doctor again; the difference should be gone.');
    }
    return verdict.fail(
      message,
      `It does not follow. If it is a secondary: check that it is listed (GET /v1/zones/${zone}/secondaries), that NOTIFY reaches it, and that its TSIG key and clock are right; its log says why transfers fail.`,
      'If it is one of our own servers: check that it reaches the database (its /health/ready).',
    );
  });
}
