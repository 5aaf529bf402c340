import type { Environment } from '../platform/config/environment.js';

/** Exit codes of commands that talk to a server, as sysexits.h has them. */
export const CLIENT_EXIT = { failed: 1, usage: 64, unavailable: 69, refused: 77, configuration: 78 } as const;

/** A command that talks to a server cannot do what was asked. The message is a sentence for a person. */
export class ClientError extends Error {
  override readonly name = 'ClientError';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

const PATIENCE_MILLISECONDS = 30_000;

/** The operator API of the server at FLEETCERT_URL, with the credential in FLEETCERT_TOKEN. */
export class ServerClient {
  readonly #url: string;
  readonly #token: string;

  /** @throws ClientError when one of them is not set */
  constructor(environment: Environment) {
    const url = environment['FLEETCERT_URL']?.trim().replace(/\/+$/, '');
    const token = environment['FLEETCERT_TOKEN']?.trim();
    if (!url) throw new ClientError("FLEETCERT_URL: needed: the server's address", CLIENT_EXIT.configuration);
    if (!token) throw new ClientError('FLEETCERT_TOKEN: needed: an operator credential', CLIENT_EXIT.configuration);
    this.#url = url;
    this.#token = token;
  }

  /** The answer's body. @throws ClientError with the server's own words when it refuses */
  async call<Body>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<Body> {
    let response: Response;
    try {
      response = await fetch(this.#url + path, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      });
    } catch (error) {
      const why = (error as Error & { cause?: Error }).cause?.message ?? (error as Error).message;
      throw new ClientError(`${this.#url} cannot be reached: ${why}`, CLIENT_EXIT.unavailable);
    }
    const answer = (await response.json().catch(() => undefined)) as (Body & { detail?: string }) | undefined;
    if (response.ok) return answer as Body;
    const isRefused = response.status === 401 || response.status === 403;
    throw new ClientError(
      answer?.detail ?? `${this.#url} answered ${response.status}`,
      isRefused ? CLIENT_EXIT.refused : CLIENT_EXIT.failed,
    );
  }
}
