import type { AcmeCa, AcmeOrder } from '../../src/issuer/acme/acme-ca.js';

const POLL_MILLISECONDS = 20;
const MAX_POLLS = 1500;

/** The calls that an issuance needs. */
export type IssuingCa = Pick<
  AcmeCa,
  'newOrder' | 'getAuthorization' | 'completeChallenge' | 'getOrder' | 'finalize' | 'downloadCertificate'
>;

/** Where the TXT records of the challenges go. */
export interface ChallengeRecords {
  add(name: string, value: string): void;
  remove(name: string, value: string): void;
}

export interface IssueRequest {
  readonly names: readonly string[];
  readonly csrDer: Uint8Array;
  readonly records: ChallengeRecords;
}

/** The whole protocol, from newOrder to the chain (PEM), as the pipeline does it, without its storage. */
export async function issueCertificate(
  ca: IssuingCa,
  request: IssueRequest,
): Promise<{ pem: string; order: AcmeOrder }> {
  let order = await ca.newOrder({ names: request.names });
  const placed: { name: string; value: string }[] = [];
  for (const url of order.authorizationUrls) {
    const { status, name, dnsChallenge } = await ca.getAuthorization(url);
    if (status === 'valid' || !dnsChallenge) continue;
    const record = { name: `_acme-challenge.${name}`, value: dnsChallenge.txtValue };
    placed.push(record);
    request.records.add(record.name, record.value);
    await ca.completeChallenge(dnsChallenge.url);
  }
  order = await untilNot('pending', order, ca);
  order = await ca.finalize(order.finalizeUrl, request.csrDer, order.url);
  order = await untilNot('processing', order, ca);
  for (const { name, value } of placed) request.records.remove(name, value);
  if (order.certificateUrl === undefined)
    throw new Error(`the order is ${order.status}: ${JSON.stringify(order.error)}`);
  return { pem: (await ca.downloadCertificate(order.certificateUrl)).pem, order };
}

async function untilNot(status: AcmeOrder['status'], order: AcmeOrder, ca: IssuingCa): Promise<AcmeOrder> {
  let current = order;
  for (let poll = 0; current.status === status; poll++) {
    if (poll === MAX_POLLS) throw new Error(`the order is still ${status}`);
    if (poll > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    current = await ca.getOrder(current.url);
  }
  return current;
}
