import type { Clock } from '../../kernel/clock.js';
import { AcmeProblemError, AcmeUnreachableError } from './acme-ca.js';
import { AcmeAnswer } from './acme-answer.js';
import { readDirectory, type AcmeDirectoryDocument } from './acme-directory.js';
import { AcmeTransport, ConnectionGoneError, type AcmeTransportOptions, type HttpAnswer } from './acme-transport.js';
import { NoncePool } from './nonce-pool.js';

/** Endpoints move rarely; whoever meets an error has it read again before. */
const DIRECTORY_MAX_AGE_SECONDS = 3600;

/**
 * One CA: its connections, its nonces and its directory. Shared by all accounts there. Every answer passes here, so that
 * its nonce gets into the pool.
 */
export class AcmeConnection {
  readonly nonces: NoncePool;
  readonly #transport: AcmeTransport;
  #directory: { readonly document: Promise<AcmeDirectoryDocument>; readonly readAt: number } | undefined;

  constructor(
    readonly directoryUrl: string,
    private readonly clock: Clock,
    options: AcmeTransportOptions = {},
  ) {
    this.#transport = new AcmeTransport(options);
    this.nonces = new NoncePool(() => this.#newNonce());
  }

  /** The directory, at most an hour old, and read again after an error. */
  directory(): Promise<AcmeDirectoryDocument> {
    const now = this.clock.now().getTime();
    const ageSeconds = this.#directory ? (now - this.#directory.readAt) / 1000 : Infinity;
    // A clock that was set back must not keep an old directory alive.
    if (!this.#directory || ageSeconds < 0 || ageSeconds > DIRECTORY_MAX_AGE_SECONDS) {
      const document = this.get(this.directoryUrl).then((answer) => readDirectory(answer.json(), this.directoryUrl));
      this.#directory = { document, readAt: now };
      document.catch(() => this.#forgetDirectory());
    }
    return this.#directory.document;
  }

  /** GET without authentication: directory and renewalInfo. Rejects as `checked` does. */
  async get(url: string): Promise<AcmeAnswer> {
    const answer = await this.#send(url, 'GET').catch((error: unknown) => this.#failed(error));
    this.nonces.put(answer.nonce);
    return this.checked(answer);
  }

  /** POST of a ready JWS. Whatever the CA answers; what to do with its nonce is the caller's decision. */
  async post(url: string, jws: object): Promise<AcmeAnswer> {
    return this.#send(url, 'POST', JSON.stringify(jws)).catch((error: unknown) => this.#failed(error));
  }

  /** The answer when it is a success; throws AcmeProblemError or AcmeUnreachableError otherwise. */
  checked(answer: AcmeAnswer): AcmeAnswer {
    const error = answer.error();
    if (error) this.#failed(error);
    return answer;
  }

  close(): void {
    this.#transport.close();
  }

  async #newNonce(): Promise<string> {
    const { newNonce } = await this.directory();
    const answer = this.checked(await this.#send(newNonce, 'HEAD').catch((error: unknown) => this.#failed(error)));
    if (answer.nonce === undefined) throw new AcmeUnreachableError(`${newNonce} answered without a Replay-Nonce`);
    return answer.nonce;
  }

  async #send(url: string, method: 'GET' | 'HEAD' | 'POST', body?: string): Promise<AcmeAnswer> {
    let answer: HttpAnswer;
    try {
      answer = await this.#transport.request(url, method, body);
    } catch (error) {
      if (method === 'POST' || !(error instanceof ConnectionGoneError)) throw error;
      answer = await this.#transport.request(url, method);
    }
    return new AcmeAnswer(answer, this.clock.now());
  }

  /** Has the directory read again where the error may come of an endpoint that has moved, and throws it. */
  #failed(error: unknown): never {
    const refused = error instanceof AcmeProblemError;
    if (!refused || error.status >= 500 || error.status === 404 || error.status === 405) this.#forgetDirectory();
    throw error;
  }

  #forgetDirectory(): void {
    this.#directory = undefined;
  }
}
