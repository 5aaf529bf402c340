import { generateAccountKey } from '../../src/issuer/acme/account-key.js';
import { AcmeProblemError, AcmeUnreachableError, type AcmeOrder } from '../../src/issuer/acme/acme-ca.js';
import { AcmeClientCa } from '../../src/issuer/acme/acme-client-ca.js';
import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { startScriptedCa, type ScriptedAnswer, type ScriptedCa } from './scripted-ca.js';

export const URN = 'urn:ietf:params:acme:error:';
export const MAX_ANSWER_BYTES = 20_000;

/** A page of a front end that does not speak ACME. */
export const HTML: ScriptedAnswer = { status: 503, body: '<html><h1>Service Unavailable</h1></html>' };

/** Our client with a CA that answers as the test says. */
export class ScriptedClient {
  readonly accountKeyPem = generateAccountKey();
  clock = new ManualClock('2026-03-01T12:00:00Z');
  connections = new AcmeConnections(this.clock);
  ca!: AcmeClientCa;

  private constructor(readonly server: ScriptedCa) {
    this.reset();
  }

  static async start(): Promise<ScriptedClient> {
    return new ScriptedClient(await startScriptedCa());
  }

  /** Before each test: nothing scripted, nothing seen, no connection, no nonce. */
  reset(options: { readonly timeoutSeconds?: number } = {}): void {
    this.connections.close();
    this.server.reset();
    this.clock = new ManualClock('2026-03-01T12:00:00Z');
    this.connections = new AcmeConnections(this.clock, {
      caFile: this.server.caFile,
      timeoutSeconds: options.timeoutSeconds ?? 10,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    this.ca = new AcmeClientCa(this.connections.to(this.server.directoryUrl), {
      accountUrl: this.url('account/1'),
      accountKeyPem: this.accountKeyPem,
    });
  }

  async stop(): Promise<void> {
    this.connections.close();
    await this.server.stop();
  }

  url(path: string): string {
    return `${this.server.baseUrl}/${path}`;
  }

  newOrder(): Promise<AcmeOrder> {
    return this.ca.newOrder({ names: ['k2v7.fleet.test'] });
  }

  /** The CA's answer to newOrder. */
  anOrder(status = 'pending'): ScriptedAnswer {
    return {
      status: 201,
      headers: { location: this.url('order/1') },
      body: {
        status,
        identifiers: [{ type: 'dns', value: 'K2V7.fleet.test' }],
        authorizations: [this.url('authz/1')],
        finalize: this.url('finalize/1'),
      },
    };
  }

  noncesUsed(): unknown[] {
    return this.server.seen.map(({ protectedHeader }) => protectedHeader?.['nonce']);
  }
}

/** How a call failed; throws when it did not, or by any other error than the two. */
export async function failureOf(call: Promise<unknown>): Promise<AcmeProblemError | AcmeUnreachableError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AcmeProblemError || error instanceof AcmeUnreachableError) return error;
  throw new Error(`the call should have failed by one of the two errors, and not: ${String(error)}`);
}
