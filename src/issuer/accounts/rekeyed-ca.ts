import {
  AcmeProblemError,
  type AcmeAuthorization,
  type AcmeCa,
  type AcmeDirectory,
  type AcmeNewOrder,
  type AcmeOrder,
  type AcmeRenewalInfo,
} from '../acme/acme-ca.js';
import { AccountKeyChangedError } from './account-key-changed.js';
import type { AccountKey } from './account-keys.js';

/** What CAs answer to a signature by a key that the account has no longer. */
const REFUSALS_OF_A_KEY = new Set([
  'malformed',
  'unauthorized',
  'accountDoesNotExist',
  'badPublicKey',
  'badSignatureAlgorithm',
]);
/** Challenges of so many orders may be on their way at once; older ones are over. */
const MOST_CHALLENGES = 10_000;

/** The account under one of its keys. */
interface Signer {
  readonly ca: AcmeCa;
  readonly spkiSha256: string;
}

/** With which keys a challenge's TXT value was computed, and the CA told to look for it. */
interface ChallengeKeys {
  readonly text: string;
  readonly answered?: string;
}

export interface RekeyedCaParts {
  /** The account under this key. */
  readonly open: (key: AccountKey) => AcmeCa;
  /** The key that counts now, by the database and, where that cannot know, the CA. */
  readonly presentKey: () => Promise<AccountKey>;
}

/**
 * An account whose key may be changed, by this server or another one, while orders are on their way: what the CA refuses
 * for its signature is signed anew with the key that the account has by then. It is one object for the account's life,
 * so that whoever has it goes on with it.
 */
export class RekeyedCa implements AcmeCa {
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly #challenges = new Map<string, ChallengeKeys>();
  #signer: Signer;
  #refreshing: Promise<boolean> | undefined;

  constructor(
    private readonly parts: RekeyedCaParts,
    key: AccountKey,
  ) {
    this.#signer = this.#signerOf(key);
    this.directoryUrl = this.#signer.ca.directoryUrl;
    this.accountUrl = this.#signer.ca.accountUrl;
  }

  /** Of the key that it signs with. */
  get keySpkiSha256(): string {
    return this.#signer.spkiSha256;
  }

  /** Looks whether the account has another key by now. @returns whether it has */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  directory(): Promise<AcmeDirectory> {
    return this.#signer.ca.directory();
  }

  newOrder(order: AcmeNewOrder): Promise<AcmeOrder> {
    return this.#signed((ca) => ca.newOrder(order));
  }

  getOrder(url: string): Promise<AcmeOrder> {
    return this.#signed((ca) => ca.getOrder(url));
  }

  /** @throws AccountKeyChangedError, too: when the CA has looked for what the old key stands for */
  async getAuthorization(url: string): Promise<AcmeAuthorization> {
    let signer = this.#signer;
    const authorization = await this.#signed((ca) => {
      signer = this.#signer;
      return ca.getAuthorization(url);
    });
    const challenge = authorization.dnsChallenge;
    if (!challenge) return authorization;
    const known = this.#challenges.get(challenge.url);
    if (authorization.status === 'pending') {
      this.#remember(challenge.url, { ...known, text: signer.spkiSha256 });
      return authorization;
    }
    this.#challenges.delete(challenge.url);
    if (authorization.status === 'invalid' && known?.answered !== undefined && known.answered !== signer.spkiSha256) {
      throw new AccountKeyChangedError(true);
    }
    return authorization;
  }

  deactivateAuthorization(url: string): Promise<void> {
    return this.#signed((ca) => ca.deactivateAuthorization(url));
  }

  /** @throws AccountKeyChangedError, too: when the TXT value that was read is not that of the present key */
  async completeChallenge(url: string): Promise<void> {
    const signer = this.#signer;
    const known = this.#challenges.get(url);
    if (known && known.text !== signer.spkiSha256) throw new AccountKeyChangedError(false);
    try {
      await signer.ca.completeChallenge(url);
    } catch (error) {
      if (await this.#isDueToKey(signer, error)) throw new AccountKeyChangedError(false);
      throw error;
    } finally {
      // Also when the answer was lost: the CA may be looking.
      if (known) this.#remember(url, { ...known, answered: signer.spkiSha256 });
    }
  }

  finalize(finalizeUrl: string, csrDer: Uint8Array, orderUrl?: string): Promise<AcmeOrder> {
    return this.#signed((ca) => ca.finalize(finalizeUrl, csrDer, orderUrl));
  }

  downloadCertificate(url: string): Promise<{ readonly pem: string; readonly alternateUrls: readonly string[] }> {
    return this.#signed((ca) => ca.downloadCertificate(url));
  }

  revokeCertificate(certificateDer: Uint8Array, reason?: number): Promise<void> {
    return this.#signed((ca) => ca.revokeCertificate(certificateDer, reason));
  }

  renewalInfo(certId: string): Promise<AcmeRenewalInfo | undefined> {
    return this.#signer.ca.renewalInfo(certId);
  }

  /** A request that was refused for its signature has had no effect: it is safe to repeat under another key, once. */
  async #signed<Result>(request: (ca: AcmeCa) => Promise<Result>): Promise<Result> {
    const signer = this.#signer;
    try {
      return await request(signer.ca);
    } catch (error) {
      if (!(await this.#isDueToKey(signer, error))) throw error;
      return request(this.#signer.ca);
    }
  }

  /** Was the refusal one of a key that the account has no longer? Then the present one is at hand afterwards. */
  async #isDueToKey(signer: Signer, error: unknown): Promise<boolean> {
    if (!(error instanceof AcmeProblemError) || !REFUSALS_OF_A_KEY.has(error.problem.type)) return false;
    if (this.#signer === signer) await this.refresh();
    return this.#signer !== signer;
  }

  async #refresh(): Promise<boolean> {
    const key = await this.parts.presentKey();
    if (key.spkiSha256 === this.#signer.spkiSha256) return false;
    this.#signer = this.#signerOf(key);
    return true;
  }

  #signerOf(key: AccountKey): Signer {
    return { ca: this.parts.open(key), spkiSha256: key.spkiSha256 };
  }

  #remember(challengeUrl: string, keys: ChallengeKeys): void {
    this.#challenges.delete(challengeUrl);
    this.#challenges.set(challengeUrl, keys);
    if (this.#challenges.size <= MOST_CHALLENGES) return;
    const [oldest] = this.#challenges.keys();
    this.#challenges.delete(oldest!);
  }
}
