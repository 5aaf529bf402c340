import type { ListenAddress } from '../../platform/config/app-config.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this process may not bind that port (ports below 1024 need root or CAP_NET_BIND_SERVICE)',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTSUP: 'this system cannot share a port between processes (set FLEETCERT_DNS_WORKERS=1)',
  EAFNOSUPPORT: 'this machine does not support that kind of address',
};

/** An address that could not be bound. The message names it, and says why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string | undefined;

  constructor(transport: 'UDP' | 'TCP', where: ListenAddress, cause: NodeJS.ErrnoException) {
    const { code } = cause;
    const reason = (code === undefined ? undefined : REASONS[code]) ?? cause.message;
    super(`DNS cannot listen on ${formatListenAddress(where)} (${transport}): ${reason}${code ? ` [${code}]` : ''}.`, {
      cause,
    });
    this.code = code;
  }
}

/** `127.0.0.1:53`, `[::1]:53`. */
export function formatListenAddress({ address, port }: ListenAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
