/** Whole seconds until the certificate ends, by the server's clock; 0 when it has. For devices whose own clock is wrong. */
export function secondsLeft(notAfter: Date, now: Date): number {
  return Math.max(0, Math.floor((notAfter.getTime() - now.getTime()) / 1000));
}
