import { addSeconds } from '../../kernel/clock.js';
import type { Account } from '../domain/account.js';
import { checkCsr } from '../domain/csr-policy.js';
import { decodeBase64Url, parseJsonObject } from '../domain/jws.js';
import { issuanceTransactions } from '../domain/limit-transactions.js';
import { orderStatus, type Order, type OrderWithAuthorizations } from '../domain/order.js';
import { AcmeRefusal, refuse, withContext } from '../domain/problem.js';
import type { SigningResult } from '../ports/certificate-signer.js';
import type { AcmeServerParts } from '../protocol/context.js';
import type { Limiter } from '../protocol/limiter.js';
import { readCsr } from '../signing/csr-reader.js';

const MAX_CSR_BYTES = 16_384;

type IssuanceParts = Pick<
  AcmeServerParts,
  'store' | 'signer' | 'validator' | 'urls' | 'clock' | 'options' | 'signings' | 'log'
>;

/** From finalize to the certificate. Signing may take hours: it is asked for again whenever the client polls. */
export class Issuance {
  constructor(
    private readonly parts: IssuanceParts,
    private readonly limiter: Limiter,
  ) {}

  /** Checks a finalize request (RFC 8555 section 7.4) and makes the order processing. */
  async begin(found: OrderWithAuthorizations, account: Account, payload: Uint8Array): Promise<void> {
    const { store, clock } = this.parts;
    const { order } = found;
    assertReady(orderStatus(found, clock.now()));
    const body = parseJsonObject(payload, 'finalize order request');
    const csr = decodeBase64Url(body['csr'], 'finalize order request: "csr"');
    if (csr.length > MAX_CSR_BYTES) throw refuse('badCSR', `CSR is larger than ${MAX_CSR_BYTES} octets`);
    const facts = await readCsr(csr);
    checkCsr(facts, {
      names: order.names,
      accountThumbprint: account.thumbprint,
      keyBlocked: await store.certificates.isKeyBlocked(facts.keyHash),
    });
    await this.#recheckCaa(found);
    if (!(await store.orders.finalize(order.id, csr))) assertReady('processing');
  }

  /**
   * Has a processing order's certificate signed, and waits a little for it.
   * @returns in how many seconds to ask again, should the order still be processing
   */
  async settle(orderId: string): Promise<number> {
    const { store, clock, options, signings } = this.parts;
    let retryAfterSeconds = options.pollSeconds;
    if (!(await store.orders.claimSigning(orderId, clock.now(), options.leaseSeconds))) return retryAfterSeconds;
    const signing = signings.run(`signing for order ${orderId}`, async () => {
      retryAfterSeconds = await this.#sign(orderId);
    });
    await withinSeconds(options.signingPatienceSeconds, signing);
    return retryAfterSeconds;
  }

  async #sign(orderId: string): Promise<number> {
    const { store, signer, options } = this.parts;
    const order = (await store.orders.find(orderId))?.order;
    const profile = order && options.profiles[order.profile];
    if (!order?.csr || order.error || order.certificateId !== undefined) return options.pollSeconds;
    if (!profile) {
      const problem = {
        type: 'invalidProfile',
        detail: `profile name ${JSON.stringify(order.profile)} not recognized`,
      };
      await store.orders.fail(orderId, problem as SigningFailure);
      return options.pollSeconds;
    }
    const { accountId, names, csr, profile: profileName } = order;
    let result: SigningResult;
    try {
      result = await signer.sign({ orderId, accountId, names, csr, profileName, profile });
    } catch (error) {
      // Nothing is lost: the next poll asks the signer again.
      await store.orders.releaseSigning(orderId);
      throw error;
    }
    if (result.status === 'refused') {
      await store.orders.fail(orderId, result.problem);
    } else if (result.status === 'pending') {
      await store.orders.releaseSigning(orderId);
      return result.retryAfterSeconds;
    } else {
      await this.#complete(order, result.certificate);
    }
    return options.pollSeconds;
  }

  async #complete(order: Order, certificate: IssuedByTheSigner): Promise<void> {
    const { store, clock, options, log } = this.parts;
    const issued = { ...certificate, orderId: order.id, accountId: order.accountId, issuedAt: clock.now() };
    if (!(await store.orders.complete(order.id, issued))) return;
    log.info('certificate issued', { serial: issued.id, names: issued.names, profile: order.profile });
    await this.limiter.trySpend(issuanceTransactions(options.limits, order));
  }

  /** CAA is looked at once more where the validation is hours old. */
  async #recheckCaa({ order, authorizations }: OrderWithAuthorizations): Promise<void> {
    const { clock, options, validator, urls } = this.parts;
    const validatedBefore = addSeconds(clock.now(), -options.caaRecheckSeconds);
    const old = authorizations.filter(({ challenge }) => (challenge.validatedAt ?? validatedBefore) <= validatedBefore);
    const accountUrl = urls.account(order.accountId);
    const outcomes = await Promise.all(old.map(({ identifier }) => validator.checkCaa({ identifier, accountUrl })));
    for (const outcome of outcomes) {
      if (!outcome.valid) throw withContext('Error finalizing order', new AcmeRefusal(outcome.problem));
    }
  }
}

type SigningFailure = Extract<SigningResult, { status: 'refused' }>['problem'];
type IssuedByTheSigner = Extract<SigningResult, { status: 'issued' }>['certificate'];

function assertReady(status: string): void {
  if (status !== 'ready') {
    throw refuse('orderNotReady', `Order's status (${JSON.stringify(status)}) is not acceptable for finalization`);
  }
}

async function withinSeconds(seconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
