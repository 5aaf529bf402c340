import type { Account } from '../../domain/account.js';
import type { Authorization } from '../../domain/authorization.js';
import type { IssuedCertificate } from '../../domain/certificate.js';
import { nameSetHash } from '../../domain/identifier.js';
import type { Order, OrderWithAuthorizations } from '../../domain/order.js';

/** An order and until when somebody has the right to have it signed. */
export interface HeldOrder {
  readonly order: Order;
  readonly signingUntil?: Date;
}

/** An authorization and until when somebody has the right to validate it. */
export interface HeldAuthorization {
  readonly authorization: Authorization;
  readonly validationUntil?: Date;
}

/** What the parts of the store in memory share. Maps keep the order in which things were made. */
export class MemoryState {
  readonly accounts = new Map<string, Account>();
  readonly orders = new Map<string, HeldOrder>();
  readonly authorizations = new Map<string, HeldAuthorization>();
  readonly certificates = new Map<string, IssuedCertificate>();
  readonly idByCertId = new Map<string, string>();
  /** By exact set of names: when the last certificate was issued. */
  readonly lastIssuedByNames = new Map<string, Date>();
  readonly blockedKeys = new Set<string>();
  lastSequence = 0;

  orderWithAuthorizations(order: Order): OrderWithAuthorizations {
    const authorizations = order.authorizationIds.flatMap((id) => {
      const held = this.authorizations.get(id);
      return held ? [held.authorization] : [];
    });
    return { order, authorizations };
  }

  addCertificate(certificate: IssuedCertificate): void {
    this.certificates.set(certificate.id, certificate);
    this.idByCertId.set(certificate.certId, certificate.id);
    this.lastIssuedByNames.set(nameSetHash(certificate.names), certificate.issuedAt);
  }
}
