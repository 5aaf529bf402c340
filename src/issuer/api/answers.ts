import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import type { OrderStatus } from '../domain/order.js';
import type { OrderView } from '../orders/order-view.js';

/** The answer on an order. */
export class OrderAnswer implements OrderView {
  @ApiProperty({ format: 'uuid' })
  orderId: string;

  @ApiProperty({ enum: ['queued', 'issuing', 'deferred', 'issued', 'failed'] })
  status: OrderStatus;

  @ApiProperty({ type: [String], example: ['k2v7qx.fleet.test'] })
  names: readonly string[];

  @ApiPropertyOptional({ description: 'What it waits for, or why it failed: a sentence for people' })
  reason?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'When the certificate can be expected' })
  estimatedAt?: string;

  @ApiPropertyOptional({ description: 'Where the certificate is, once it is issued' })
  certificateUrl?: string;
}

/** A certificate with `Accept: application/json`. */
export class CertificateAnswer {
  @ApiProperty({ description: 'Leaf first, no root' })
  pem: string;

  @ApiProperty({ description: 'Lower-case hex' })
  serial: string;

  @ApiProperty({ description: 'SHA-256 of the leaf, lower-case hex' })
  sha256: string;

  @ApiProperty({ format: 'date-time' })
  notBefore: string;

  @ApiProperty({ format: 'date-time' })
  notAfter: string;

  @ApiProperty({ format: 'date-time', description: 'When to order the next one' })
  renewAt: string;

  @ApiProperty({ description: "Seconds until notAfter by the server's clock, 0 when it has passed" })
  secondsLeft: number;
}

/** The answer on a revocation: recorded, and on its way to the CA. */
export class RevocationAnswer {
  @ApiProperty()
  serial: string;

  @ApiProperty({ format: 'date-time' })
  revokedAt: string;

  @ApiProperty()
  reason: string;
}
