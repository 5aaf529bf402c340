import { addSeconds, type Clock } from '../../kernel/clock.js';
import { certIdOf } from '../domain/cert-id.js';
import type { IssuedCertificate } from '../domain/certificate.js';
import type { CertificateSigner, SigningRequest, SigningResult } from '../ports/certificate-signer.js';
import { hashOf, keyIdentifier, signLeaf, type CaKeyPair } from './certificate-authority.js';
import { pemCertificate } from './pem.js';
import { x509 } from './x509.js';

const MAX_BACKDATE_SECONDS = 3600;
/** The common name's upper bound (RFC 5280 appendix A.1). */
const MAX_COMMON_NAME = 64;

export interface CaSignerOptions {
  /** Ways from the intermediate to a root, as certificates, the intermediate first. The first is the default. */
  readonly chains: readonly (readonly CaKeyPair['certificate'][])[];
  /** Where the revocation list can be had; it is left out of certificates of a few days. */
  readonly crlUrl: string;
  /** Wait this long before signing, so that clients see `processing`. */
  readonly delaySeconds: number;
}

const SHORT_LIVED_SECONDS = 10 * 86_400;

/** Signs with a CA key of our own. */
export class CaSigner implements CertificateSigner {
  readonly #issuerChains: readonly string[];
  /** By order, while its delay lasts: when the certificate may be signed. */
  readonly #due = new Map<string, Date>();

  constructor(
    private readonly issuer: CaKeyPair,
    private readonly clock: Clock,
    private readonly options: CaSignerOptions,
  ) {
    this.#issuerChains = options.chains.map((chain) =>
      chain.map((certificate) => pemCertificate(new Uint8Array(certificate.rawData))).join(''),
    );
  }

  async sign(request: SigningRequest): Promise<SigningResult> {
    const now = this.clock.now();
    const retryAfterSeconds = this.#secondsUntilDue(request.orderId, now);
    if (retryAfterSeconds > 0) return { status: 'pending', retryAfterSeconds };

    const csr = new x509.Pkcs10CertificateRequest(new Uint8Array(request.csr));
    const spki = new Uint8Array(csr.publicKey.rawData);
    const { lifetimeSeconds, legacyFields } = request.profile;
    // An hour, as Let's Encrypt does; less where the lifetime is counted in minutes.
    const notBefore = wholeSecond(addSeconds(now, -Math.min(MAX_BACKDATE_SECONDS, lifetimeSeconds / 10)));
    // notAfter belongs to the lifetime (RFC 5280 section 4.1.2.5).
    const notAfter = addSeconds(notBefore, Math.floor(lifetimeSeconds) - 1);
    const commonName = legacyFields ? pickCommonName(csr, request.names) : undefined;
    const certificate = await signLeaf(this.issuer, {
      publicKey: spki,
      subjectAlternativeNames: request.names.map((value) => ({ type: 'dns', value })),
      subjectKeyIdentifier: legacyFields,
      keyEncipherment: legacyFields && csr.publicKey.algorithm.name.startsWith('RSA'),
      notBefore,
      notAfter,
      ...(commonName === undefined ? {} : { commonName }),
      ...(lifetimeSeconds > SHORT_LIVED_SECONDS ? { crlUrl: this.options.crlUrl } : {}),
    });
    this.#due.delete(request.orderId);
    const id = certificate.serialNumber.toLowerCase();
    return {
      status: 'issued',
      certificate: {
        id,
        certId: certIdOf(await keyIdentifier(this.issuer.publicKey), id),
        names: request.names,
        der: new Uint8Array(certificate.rawData),
        issuerChains: this.#issuerChains,
        notBefore,
        notAfter,
        keyHash: hashOf(spki),
      },
    };
  }

  /** The store knows it already, and the revocation list is made from the store. */
  async revoke(_certificate: IssuedCertificate): Promise<void> {
    return undefined;
  }

  #secondsUntilDue(orderId: string, now: Date): number {
    if (this.options.delaySeconds <= 0) return 0;
    const due = this.#due.get(orderId) ?? addSeconds(now, this.options.delaySeconds);
    this.#due.set(orderId, due);
    return Math.ceil((due.getTime() - now.getTime()) / 1000);
  }
}

/** The CSR's common name, or the first name that is short enough, as Boulder's classic profile has it. */
function pickCommonName(
  csr: InstanceType<typeof x509.Pkcs10CertificateRequest>,
  names: readonly string[],
): string | undefined {
  const [wanted] = csr.subjectName.getField('CN');
  const candidates = wanted === undefined ? names : [wanted.toLowerCase(), ...names];
  return candidates.find((name) => name.length <= MAX_COMMON_NAME);
}

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
