/**
 * SOA serials. They must never go back, not even when the database was restored from a backup: a secondary that has
 * seen a higher serial would ignore us until we pass it. So a serial is a time: the number of 1/512 seconds since 1970,
 * modulo 2^32. What follows from that:
 *
 * - Many commits a second run ahead of the time, but not further than MAX_SECONDS_AHEAD: then the writer pauses.
 * - A server raises the serial when it starts to what the time will be after MAX_SECONDS_AHEAD. No serial that was ever
 *   published is beyond that, so the zone of a restored database is ahead of all of them, as long as the backup is
 *   younger than 48 days: half of the number circle (RFC 1982 section 3.2).
 */
export const TICKS_A_SECOND = 512;
const HALF = 2 ** 31;
const MODULUS = 2 ** 32;

/** How far a serial may run ahead of the time. */
export const MAX_SECONDS_AHEAD = 0.25;

/** Is `a` after `b` (RFC 1982 section 3.2)? False for two that are exactly half a circle apart: undefined there. */
export function isSerialAfter(a: number, b: number): boolean {
  const distance = (a - b + MODULUS) % MODULUS;
  return distance > 0 && distance < HALF;
}

/** Is `served` the serial `wanted`, or after it? */
export function isSerialReached(served: number, wanted: number): boolean {
  return served === wanted || isSerialAfter(served, wanted);
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

/** A serial that is after every one that was published before `now`, whatever `current` is. */
export function raisedSerial(current: number, now: Date): number {
  return nextSerial(current, new Date(now.getTime() + MAX_SECONDS_AHEAD * 1000));
}

/** How many seconds `serial` is ahead of `now`; 0 or negative when it is not. */
export function secondsAhead(serial: number, now: Date): number {
  const distance = (serial - serialAt(now) + MODULUS) % MODULUS;
  return (distance < HALF ? distance : distance - MODULUS) / TICKS_A_SECOND;
}
