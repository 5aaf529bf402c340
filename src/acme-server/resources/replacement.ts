import { isWellFormedCertId } from '../domain/cert-id.js';
import type { Account } from '../domain/account.js';
import { covers } from '../domain/identifier.js';
import { notFound, refuse, withContext, type AcmeRefusal } from '../domain/problem.js';
import { isWithin, renewalWindow } from '../domain/renewal-window.js';
import type { AcmeServerParts } from '../protocol/context.js';

const CONTEXT = "Could not validate ARI 'replaces' field";

/** The certificate that an order replaces. */
export interface Replacement {
  readonly certId: string;
  readonly serial: string;
  /** The order comes inside the suggested window: no limit holds it up. */
  readonly withinWindow: boolean;
}

/**
 * Checks `replaces` of a newOrder request (RFC 9773 section 5): a certificate of ours, of the same account, with a
 * name in common. That it is not replaced already is seen when the order is kept.
 */
export async function readReplacement(
  value: unknown,
  account: Account,
  names: readonly string[],
  parts: Pick<AcmeServerParts, 'store' | 'clock'>,
): Promise<Replacement | undefined> {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || !isWellFormedCertId(value)) {
    throw withContext(CONTEXT, refuse('malformed', 'while parsing ARI CertID an error occurred: Invalid path'));
  }
  const certificate = await parts.store.certificates.findByCertId(value);
  if (!certificate) {
    throw withContext(
      CONTEXT,
      notFound(
        `request included \`replaces\` field, but no current certificate with identifier ${JSON.stringify(value)} exists`,
      ),
    );
  }
  if (certificate.accountId !== account.id) {
    throw withContext(
      CONTEXT,
      refuse('unauthorized', 'requester account did not request the certificate being replaced by this order'),
    );
  }
  if (!names.some((name) => certificate.names.some((held) => covers(held, name)))) {
    throw withContext(
      CONTEXT,
      refuse('malformed', 'identifiers in this order do not match any identifiers in the certificate being replaced'),
    );
  }
  const now = parts.clock.now();
  return { certId: value, serial: certificate.id, withinWindow: isWithin(renewalWindow(certificate, now), now) };
}

export function alreadyReplaced(serial: string): AcmeRefusal {
  return withContext(
    CONTEXT,
    refuse(
      'alreadyReplaced',
      `cannot indicate an order replaces certificate with serial ${JSON.stringify(serial)}, which already has a replacement order`,
    ),
  );
}
