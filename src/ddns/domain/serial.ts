/**
 * SOA serials. They must never go back, not even when the database was restored from a backup: a secondary that has
 * seen a higher serial would ignore us until we pass it. So a serial is a time: the number of 1/256 seconds since 1970,
 * modulo 2^32. What follows from that:
 *
 * - A restored database, whose serials lie behind those that were published, is ahead of all of them with its first
 *   change (and each server makes one when it starts), as long as the backup is younger than 97 days: half of the number
 *   circle (RFC 1982 section 3.2).
 * - More than 256 commits a second for long would run ahead of the time. `secondsAhead` lets the writer pause before
 *   that matters: a restore takes longer than MAX_SECONDS_AHEAD.
 */
export const TICKS_A_SECOND = 256;
const HALF = 2 ** 31;
const MODULUS = 2 ** 32;

/** How far a serial may run ahead of the time. */
export const MAX_SECONDS_AHEAD = 2;

/** Is `a` after `b` (RFC 1982 section 3.2)? False for two that are exactly half a circle apart: undefined there. */
export function isSerialAfter(a: number, b: number): boolean {
  const distance = (a - b + MODULUS) % MODULUS;
  return distance > 0 && distance < HALF;
}

/** The serial that the time stands for. */
export function serialAt(now: Date): number {
  return Math.floor((now.getTime() * TICKS_A_SECOND) / 1000) % MODULUS;
}

/** The serial of a change at `now` to a zone whose serial is `current`: the time's, or the next one. */
export function nextSerial(current: number, now: Date): number {
  const timely = serialAt(now);
  return isSerialAfter(timely, current) ? timely : (current + 1) % MODULUS;
}

/** How many seconds `serial` is ahead of `now`; 0 or negative when it is not. */
export function secondsAhead(serial: number, now: Date): number {
  const distance = (serial - serialAt(now) + MODULUS) % MODULUS;
  return (distance < HALF ? distance : distance - MODULUS) / TICKS_A_SECOND;
}
