import { Injectable } from '@nestjs/common';

import { CertificateSummaries, type CertificateSummary } from '../../devices/ports/certificate-summaries.js';
import { OrderReader } from '../orders/order-reader.js';
import { CertificateStore } from './certificate-store.js';
import { secondsLeft } from './seconds-left.js';

/** The issuer's part of `GET /v1/device`. */
@Injectable()
export class IssuerCertificateSummaries extends CertificateSummaries {
  constructor(
    private readonly certificates: CertificateStore,
    private readonly orders: OrderReader,
  ) {
    super();
  }

  async forDevice(deviceId: string, now: Date): Promise<CertificateSummary> {
    const [newest, order] = await Promise.all([
      this.certificates.newest(deviceId),
      this.orders.newestOf(deviceId, now),
    ]);
    const certificate = newest?.revokedAt === undefined ? newest : undefined;
    return {
      certificate: certificate
        ? {
            serial: certificate.serial,
            sha256: certificate.sha256,
            notBefore: certificate.notBefore.toISOString(),
            notAfter: certificate.notAfter.toISOString(),
            secondsLeft: secondsLeft(certificate.notAfter, now),
            names: certificate.names,
          }
        : null,
      order: order
        ? {
            orderId: order.orderId,
            status: order.status,
            names: order.names,
            reason: order.reason,
            estimatedAt: order.estimatedAt,
          }
        : null,
      renewAt: certificate?.renewAt.toISOString() ?? null,
    };
  }
}
