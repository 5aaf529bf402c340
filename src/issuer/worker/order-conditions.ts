import { IS_OPEN, IS_TO_BE_REVOKED } from '../orders/order-row.js';

/** SQL on issuance_orders `o`. Free to be claimed: leases are compared between servers, so they go by the database's clock. */
export const IS_FREE = `(o.lease_id IS NULL OR o.lease_expires_at <= clock_timestamp())`;

/** A suspended device's orders wait; a compromised key gets no certificate; one that is to be revoked is fetched. */
export const MAY_PROCEED = `
  EXISTS (SELECT 1 FROM devices d WHERE d.id = o.device_id AND (d.state = 'active' OR ${IS_TO_BE_REVOKED}))
  AND NOT EXISTS (SELECT 1 FROM device_keys k WHERE k.spki_sha256 = o.spki_sha256 AND k.compromised_at IS NOT NULL)`;

/**
 * `$1` is the account, `$2` the CA's directory URL. Its slots are taken: the CA has an order of it, or its server
 * stopped before it made one.
 */
export const HAS_BEGUN = `
  CASE WHEN o.acme_order_url IS NULL THEN coalesce(o.reservations ->> 'ca' = $2, false) ELSE o.account_id = $1 END`;

/** `$2` is the CA's directory URL. An order that was given to no CA (where there is but one) is any CA's. */
export const IS_OF_CA = `(o.ca IS NULL OR o.ca = $2)`;

/** `$1` is the account, `$2` the CA's directory URL. It waits for a start that spends something at the CA. */
export const WAITS = `${IS_OPEN} AND ${IS_FREE} AND ${IS_OF_CA} AND NOT (${HAS_BEGUN})`;
