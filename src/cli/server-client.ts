import { createFleetClient, type FleetClient } from '../client/fleet-client.js';
import type { Environment } from '../platform/config/environment.js';
import { CommandError, EXIT } from './exit-codes.js';
import { plainText } from './plain-text.js';

/** A call's outcome, as the typed client has it. */
export interface Outcome<Answer> {
  readonly data?: Answer;
  readonly error?: unknown;
  readonly response: Response;
}

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The operator API of the server at FLEETCERT_URL, with the credential in FLEETCERT_TOKEN. */
export class ServerClient {
  readonly url: string;
  /** Its calls, typed; `answer` turns what they resolve to into data or an error for a person. */
  readonly api: FleetClient;

  /** @throws CommandError when one of the variables is not set, or cannot be right */
  constructor(environment: Environment) {
    this.url = urlOf(environment['FLEETCERT_URL']);
    this.api = createFleetClient({ url: this.url, token: tokenOf(environment['FLEETCERT_TOKEN']) });
  }

  /** The answer of a call. @throws CommandError with the server's own words when it refuses */
  async answer<Answer>(call: Promise<Outcome<Answer>>): Promise<Answer> {
    let outcome: Outcome<Answer>;
    try {
      outcome = await call;
    } catch (error) {
      throw this.#unreachable(error as Error);
    }
    if (outcome.response.ok) return outcome.data as Answer;
    throw this.#refusal(outcome);
  }

  #unreachable(error: Error): CommandError {
    if (error instanceof SyntaxError) {
      return new CommandError(`${this.url} answers, but not as fleetcert does: is FLEETCERT_URL right?`, EXIT.failed);
    }
    const why = error.name === 'TimeoutError' ? 'it does not answer in time' : messageOf(error.cause) || error.message;
    return new CommandError(`${this.url} cannot be reached: ${plainText(why)}`, EXIT.unavailable);
  }

  #refusal({ error, response }: Outcome<unknown>): CommandError {
    const { detail } = (error ?? {}) as { detail?: unknown };
    const words = typeof detail === 'string' ? plainText(detail) : `${this.url} answered ${response.status}`;
    return new CommandError(words, exitCodeOf(response.status));
  }
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.refused;
  return status === 429 || status === 503 ? EXIT.later : EXIT.failed;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

function urlOf(given: string | undefined): string {
  const text = given?.trim().replace(/\/+$/, '');
  if (!text) {
    throw new CommandError(
      "FLEETCERT_URL is not set: the server's address, such as https://devices.example.com (sandbox: http://127.0.0.1:8080)",
      EXIT.configuration,
    );
  }
  const url = URL.parse(text);
  const isUsable = url && ['http:', 'https:'].includes(url.protocol) && !url.username && !url.search && !url.hash;
  // The value is not shown: where it is wrong, it may be the credential.
  if (!isUsable) throw new CommandError('FLEETCERT_URL: expected http:// or https:// and a host', EXIT.configuration);
  return text;
}

function tokenOf(given: string | undefined): string {
  const text = given?.trim();
  if (!text) {
    throw new CommandError(
      "FLEETCERT_TOKEN is not set: an operator credential (the first one is in the file admin-token in the server's data directory)",
      EXIT.configuration,
    );
  }
  if (!VISIBLE_ASCII.test(text)) {
    throw new CommandError('FLEETCERT_TOKEN: expected one word, fco_…', EXIT.configuration);
  }
  return text;
}
