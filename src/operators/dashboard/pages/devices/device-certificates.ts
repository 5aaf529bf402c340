import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { CertificateStore, type StoredCertificate } from '../../../../issuer/certificates/certificate-store.js';

const EARLIER = 10;

/** What is stored beside a certificate, and what came before it. */
export interface DeviceCertificates {
  /** The newest one, revoked or not. */
  readonly newest: StoredCertificate;
  /** The directory of the CA that it is from. */
  readonly ca: string;
  /** RFC 9773. */
  readonly ariCertId: string | null;
  readonly revocationConfirmedAt: Date | null;
  /** Why the CA has not confirmed the revocation yet. */
  readonly revocationError: string | null;
  /** Newest first. */
  readonly earlier: readonly EarlierCertificate[];
}

export interface EarlierCertificate {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly revokedAt: Date | null;
}

type Beside = Pick<DeviceCertificates, 'ca' | 'ariCertId' | 'revocationConfirmedAt' | 'revocationError'>;

/** The certificates of one device. */
@Injectable()
export class DeviceCertificatesReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: CertificateStore,
  ) {}

  /** undefined: it has none. */
  async read(deviceId: string): Promise<DeviceCertificates | undefined> {
    const newest = await this.store.newest(deviceId);
    if (!newest) return undefined;
    const [[beside], earlier] = await Promise.all([
      this.dataSource.query<Beside[]>(
        `SELECT a.directory_url AS ca, c.ari_cert_id AS "ariCertId", c.revocation_confirmed_at AS "revocationConfirmedAt",
                c.revocation_error AS "revocationError"
           FROM certificates c JOIN acme_accounts a ON a.id = c.account_id WHERE c.id = $1`,
        [newest.id],
      ),
      this.dataSource.query<EarlierCertificate[]>(
        `SELECT serial, not_before AS "notBefore", not_after AS "notAfter", revoked_at AS "revokedAt"
           FROM certificates WHERE device_id = $1 AND id <> $2 ORDER BY created_at DESC, id LIMIT ${EARLIER}`,
        [deviceId, newest.id],
      ),
    ]);
    return { newest, earlier, ...beside! };
  }
}
