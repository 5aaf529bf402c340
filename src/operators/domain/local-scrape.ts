const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

/** What proxies say of themselves. One that says nothing has to keep /metrics to itself (docs/monitoring.md). */
const FORWARDED_BY = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Does a request come from a program on this machine, and not from a proxy on it for somebody else?
 * @param headers with names in lower case
 */
export function isLocalScrape(peerAddress: string | undefined, headers: Readonly<Record<string, unknown>>): boolean {
  return LOOPBACK.test(peerAddress ?? '') && FORWARDED_BY.every((name) => headers[name] === undefined);
}
