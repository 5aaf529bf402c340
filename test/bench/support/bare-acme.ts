import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Agent, request } from 'node:https';
import { exportJWK, FlattenedSign } from 'jose';

import type { AcmeAuthorization, AcmeOrder } from '../../../src/issuer/acme/acme-ca.js';
import type { IssuingCa } from '../../support/issue-certificate.js';

interface Answer {
  readonly location: string | undefined;
  readonly text: string;
}

interface OrderJson {
  readonly status: AcmeOrder['status'];
  readonly authorizations: string[];
  readonly finalize: string;
  readonly certificate?: string;
}

interface AuthorizationJson {
  readonly status: AcmeAuthorization['status'];
  readonly identifier: { readonly value: string };
  readonly challenges: readonly { readonly type: string; readonly url: string; readonly token: string }[];
}

/**
 * The protocol calls of an issuance and nothing else: no checks, and one error. It is what an ACME client
 * in Node can do at best, and the measure for the one that is safe to use. For a CA that believes every challenge.
 */
export class BareAcme implements IssuingCa {
  readonly #nonces: string[] = [];
  readonly #key: KeyObject;
  readonly #agent: Agent;
  #directory: Readonly<Record<string, string>> = {};
  #accountUrl = '';

  constructor(
    private readonly directoryUrl: string,
    caPem: string,
    private readonly timeoutSeconds: number,
  ) {
    this.#key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ca: caPem });
  }

  async register(): Promise<void> {
    this.#directory = JSON.parse((await this.#send('GET', this.directoryUrl)).text) as Record<string, string>;
    const answer = await this.#post(this.#directory['newAccount']!, { termsOfServiceAgreed: true });
    this.#accountUrl = answer.location!;
  }

  close(): void {
    this.#agent.destroy();
  }

  async newOrder({ names }: { readonly names: readonly string[] }): Promise<AcmeOrder> {
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    const answer = await this.#post(this.#directory['newOrder']!, { identifiers });
    return toOrder(answer, answer.location!);
  }

  async getOrder(url: string): Promise<AcmeOrder> {
    return toOrder(await this.#post(url), url);
  }

  async getAuthorization(url: string): Promise<AcmeAuthorization> {
    const { status, identifier, challenges } = JSON.parse((await this.#post(url)).text) as AuthorizationJson;
    const { url: challengeUrl, token } = challenges.find(({ type }) => type === 'dns-01')!;
    const dnsChallenge = { url: challengeUrl, token, status: 'pending' as const, txtValue: '' };
    return { url, status, name: identifier.value, wildcard: false, dnsChallenge };
  }

  async completeChallenge(url: string): Promise<void> {
    await this.#post(url, {});
  }

  async finalize(finalizeUrl: string, csrDer: Uint8Array, orderUrl: string): Promise<AcmeOrder> {
    return toOrder(await this.#post(finalizeUrl, { csr: Buffer.from(csrDer).toString('base64url') }), orderUrl);
  }

  async downloadCertificate(url: string): Promise<{ pem: string; alternateUrls: string[] }> {
    return { pem: (await this.#post(url)).text, alternateUrls: [] };
  }

  async #post(url: string, payload?: object): Promise<Answer> {
    if (this.#nonces.length === 0) await this.#send('HEAD', this.#directory['newNonce']!);
    const identity = this.#accountUrl
      ? { kid: this.#accountUrl }
      : { jwk: await exportJWK(createPublicKey(this.#key)) };
    const jws = await new FlattenedSign(payload ? Buffer.from(JSON.stringify(payload)) : new Uint8Array())
      .setProtectedHeader({ alg: 'ES256', nonce: this.#nonces.pop()!, url, ...identity })
      .sign(this.#key);
    return this.#send('POST', url, JSON.stringify(jws));
  }

  #send(method: string, url: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timeout = this.timeoutSeconds * 1000;
      const headers = { 'content-type': 'application/jose+json', 'user-agent': 'bare' };
      const outgoing = request(url, { agent: this.#agent, method, headers, timeout }, (incoming) => {
        const nonce = incoming.headers['replay-nonce'];
        if (typeof nonce === 'string') this.#nonces.push(nonce);
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => {
          if ((incoming.statusCode ?? 0) < 300) resolve({ location: incoming.headers.location, text });
          else reject(new Error(`${url} answered ${incoming.statusCode}: ${text}`));
        });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function toOrder({ text }: Answer, url: string): AcmeOrder {
  const { status, authorizations, finalize, certificate } = JSON.parse(text) as OrderJson;
  return {
    url,
    status,
    names: [],
    authorizationUrls: authorizations,
    finalizeUrl: finalize,
    ...(certificate && { certificateUrl: certificate }),
  };
}
