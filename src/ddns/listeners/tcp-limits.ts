/** What a TCP client may use (RFC 7766 section 6, RFC 9210 section 4). */
export interface TcpLimits {
  /** Connections in all; a new one ends the one that needs it least. */
  readonly maxConnections: number;
  /** Connections of one client: an IPv4 address or an IPv6 /64. */
  readonly maxConnectionsPerClient: number;
  /** A connection without a message for so long is closed. */
  readonly idleMilliseconds: number;
  /** A message has to be complete so long after its first octet. */
  readonly messageMilliseconds: number;
  /** A client has to take answers that wait so long. */
  readonly writeMilliseconds: number;
  /** Answers that may wait for a client to take them; more, and nothing more is read from it. */
  readonly maxUnsentOctets: number;
  /** How often deadlines are looked at. */
  readonly sweepMilliseconds: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  maxConnections: 1024,
  maxConnectionsPerClient: 256,
  idleMilliseconds: 10_000,
  messageMilliseconds: 5_000,
  writeMilliseconds: 10_000,
  maxUnsentOctets: 256 * 1024,
  sweepMilliseconds: 500,
};
