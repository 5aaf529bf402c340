/** The parts of `GET /v1/device` that the issuer knows. Times are ISO 8601 UTC. */
export interface CertificateSummary {
  readonly certificate: {
    readonly serial: string;
    readonly sha256: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly secondsLeft: number;
    readonly names: readonly string[];
  } | null;
  readonly order: {
    readonly orderId: string;
    readonly status: string;
    readonly names: readonly string[];
    readonly reason?: string;
    readonly estimatedAt?: string;
  } | null;
  /** When the device should ask for a new certificate; null while it has none. */
  readonly renewAt: string | null;
}

/** What devices show of certificates. The issuer implements it. */
export abstract class CertificateSummaries {
  abstract forDevice(deviceId: string, now: Date): Promise<CertificateSummary>;
}
