import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { addSeconds, type Clock } from '../../kernel/clock.js';
import { AcmeServer } from '../acme-server.js';
import type { RenewalWindow } from '../domain/certificate.js';
import { HttpsListener } from '../http/https-listener.js';
import { nodeHandler } from '../http/node-handler.js';
import type { AcmeStore, StoreCounts } from '../ports/acme-store.js';
import type { ServerLog } from '../ports/server-log.js';
import { HmacNonces } from '../protocol/hmac-nonces.js';
import { acmeServerOptions, type AcmeServerOptions, type AcmeServerSettings } from '../protocol/options.js';
import { Urls } from '../protocol/urls.js';
import { CaSigner } from '../signing/ca-signer.js';
import { MemoryUsedNonces } from '../store/memory/memory-used-nonces.js';
import { CaaChecker } from '../validation/caa-checker.js';
import { Dns01Validator } from '../validation/dns01-validator.js';
import { DEFAULT_TIMING, type DnsAddress, type DnsTiming } from '../../ddns/wire/dns-transport.js';
import { StubResolver } from '../validation/stub-resolver.js';
import { openCaDirectory, type OpenedCa } from './ca-directory.js';
import { CA_FILES } from './ca-material.js';
import { openListenerCertificate } from './listener-certificate.js';
import { ManagementPages } from './management-pages.js';
import { OpenAccountPolicy, type OpenAccountPolicyOptions } from './open-account-policy.js';
import { CRL_PATH, SandboxPages } from './sandbox-pages.js';

export interface SandboxCaSettings extends AcmeServerSettings, OpenAccountPolicyOptions {
  /** What the URLs begin with; default `https://<listen address>:<port>`. Its host is in the TLS certificate. */
  readonly publicUrl?: string;
  /** Sign only so many seconds after finalize, so that clients see `processing`. Default 0. */
  readonly signingDelaySeconds?: number;
  readonly dnsTiming?: DnsTiming;
  /** Offer Pebble's management pages on the same port: set-renewal-info, cert-status-by-serial, … Default false. */
  readonly management?: boolean;
}

export interface SandboxCaStart {
  /** `port` 0: any free one. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Keys and certificates are kept in its folder `sandbox-ca`. */
  readonly dataDirectory: string;
  /** The authoritative name server that is asked for TXT and CAA. */
  readonly dnsAddress: DnsAddress;
  /** What that server is authoritative for: CAA is not looked for above these names. Default: up to the root. */
  readonly zones?: readonly string[];
  readonly options?: SandboxCaSettings;
}

export interface RunningSandboxCa {
  readonly directoryUrl: string;
  /** PEM files. The certificates that are issued chain to `root`, and by their alternate chain to `alternateRoot`. */
  readonly files: {
    readonly root: string;
    readonly alternateRoot: string;
    readonly intermediate: string;
    /** Trust this for the directory URL's own TLS. */
    readonly tlsRoot: string;
  };
  /** The CA's keys were made at this start. */
  readonly made: boolean;
}

const DEFAULT_CAA_IDENTITY = 'ca.fleetcert.test';
/** Addresses that mean "all of mine": nobody can connect to them. */
const UNSPECIFIED = ['0.0.0.0', '::'];
const HOUSEKEEPING_SECONDS = 3600;
const KEEP_ENDED_SECONDS = 7 * 86_400;

/** A complete CA on this machine: real validation, real limits, its own roots. For trying out and for tests. */
export class SandboxCa {
  #running: { server: AcmeServer; listener: HttpsListener; timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly store: AcmeStore,
    private readonly clock: Clock,
    private readonly log: ServerLog,
    private readonly random: () => number = Math.random,
  ) {}

  /** Rejects when the address is taken or the data directory cannot be used; nothing runs then. */
  async start(start: SandboxCaStart): Promise<RunningSandboxCa> {
    if (this.#running) throw new Error('The sandbox CA is running already.');
    const { maxBodyBytes } = serverOptions(start);
    const ca = await openCaDirectory(start.dataDirectory, this.clock.now());
    const hosts = listenerHosts(start);
    const tls = await openListenerCertificate(ca.directory, ca.material.tlsRoot, hosts, this.clock.now());
    // The port, which the URLs hold, is only known when the listener is there.
    let handle: Parameters<typeof nodeHandler>[0] | undefined;
    const listener = new HttpsListener(
      { ...start.listen, key: tls.key, cert: tls.cert },
      nodeHandler(async (request) => (handle ? handle(request) : STARTING), { maxBodyBytes }),
    );
    const port = await listener.listen();
    const urls = new Urls(start.options?.publicUrl ?? `https://${hostAndPort(start.listen.address, port)}`);
    const server = this.#makeServer(start, ca, urls);
    const pages = new SandboxPages(urls, this.store, ca.material.intermediate, this.clock);
    const management = new ManagementPages(this.store, ca.material, (serial, window) =>
      this.setRenewalWindow(serial, window),
    );
    const isManaged = start.options?.management ?? false;
    handle = async (request) =>
      (await pages.handle(request)) ??
      (isManaged ? await management.handle(request) : undefined) ??
      server.handle(request);

    const timer = setInterval(() => void this.#keepHouse(ca, hosts, listener), HOUSEKEEPING_SECONDS * 1000);
    timer.unref();
    this.#running = { server, listener, timer };
    const file = (part: keyof typeof CA_FILES): string => join(ca.directory, CA_FILES[part].certificate);
    return {
      directoryUrl: urls.directory(),
      files: {
        root: file('root'),
        alternateRoot: file('alternateRoot'),
        intermediate: file('intermediate'),
        tlsRoot: file('tlsRoot'),
      },
      made: ca.made,
    };
  }

  /** Answers what has been asked, finishes what it has begun, and lets go of the port. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    clearInterval(running.timer);
    await running.listener.close();
    await running.server.stop();
  }

  /** Sets the renewal window of the certificate with this serial (hex) or ARI identifier; undefined: computed again. */
  async setRenewalWindow(serialOrCertId: string, window: RenewalWindow | undefined): Promise<void> {
    const { certificates } = this.store;
    const found = serialOrCertId.includes('.')
      ? await certificates.findByCertId(serialOrCertId)
      : await certificates.find(serialOrCertId.toLowerCase().replaceAll(':', ''));
    if (!found) throw new Error(`There is no certificate ${serialOrCertId}.`);
    // RFC 9773 section 4.2: such a window must not be served.
    if (window && window.end <= window.start) throw new Error('A renewal window ends after it starts.');
    await certificates.setRenewalWindow(found.id, window);
  }

  /** Ends the pause of all names of the account with this URL; says how many there were. */
  unpause(accountUrl: string): Promise<number> {
    return this.store.limits.unpause(accountUrl.slice(accountUrl.lastIndexOf('/') + 1));
  }

  counts(): Promise<StoreCounts> {
    return this.store.counts();
  }

  #makeServer(start: SandboxCaStart, { material }: OpenedCa, urls: Urls): AcmeServer {
    const {
      signingDelaySeconds = 0,
      dnsTiming = DEFAULT_TIMING,
      externalAccounts,
      externalAccountRequired,
    } = start.options ?? {};
    const options = serverOptions(start, urls);
    const resolver = new StubResolver(start.dnsAddress, dnsTiming);
    const caa = new CaaChecker(resolver, { identities: options.caaIdentities, zones: start.zones ?? [] });
    return new AcmeServer({
      urls,
      store: this.store,
      signer: new CaSigner(material.intermediate, this.clock, {
        chains: [[material.intermediate.certificate], [material.crossIntermediate.certificate]],
        crlUrl: urls.of(CRL_PATH),
        delaySeconds: signingDelaySeconds,
      }),
      validator: new Dns01Validator(resolver, caa),
      policy: new OpenAccountPolicy({
        ...(externalAccounts ? { externalAccounts } : {}),
        ...(externalAccountRequired === undefined ? {} : { externalAccountRequired }),
      }),
      // One process, and clients fetch a new nonce when an old one is refused: nothing here has to survive.
      nonces: new HmacNonces(randomBytes(32), options.nonceSeconds, new MemoryUsedNonces(), this.clock),
      clock: this.clock,
      random: this.random,
      log: this.log,
      options,
    });
  }

  /** What has to be done now and then: the listener's certificate, and what can be forgotten. */
  async #keepHouse(ca: OpenedCa, hosts: readonly string[], listener: HttpsListener): Promise<void> {
    const now = this.clock.now();
    try {
      listener.setCertificate(await openListenerCertificate(ca.directory, ca.material.tlsRoot, hosts, now));
      await this.store.purge(now, addSeconds(now, -KEEP_ENDED_SECONDS));
    } catch (error) {
      this.log.error('housekeeping of the sandbox CA failed', error);
    }
  }
}

const STARTING = { status: 503, headers: { 'retry-after': '1' }, body: '' };

/** The settings with the sandbox's own defaults below them. Throws for what cannot be. */
function serverOptions({ options = {} }: SandboxCaStart, urls?: Urls): AcmeServerOptions {
  return acmeServerOptions({
    ...(urls ? { termsOfService: urls.of('/terms') } : {}),
    caaIdentities: [DEFAULT_CAA_IDENTITY],
    ...options,
  });
}

/** What the listener's certificate is for: its address, its public name, and the ways to say "this machine". */
function listenerHosts({ listen, options }: SandboxCaStart): readonly string[] {
  const publicHost = options?.publicUrl === undefined ? undefined : new URL(options.publicUrl).hostname;
  const hosts = ['localhost', '127.0.0.1', '::1', listen.address, publicHost?.replace(/^\[|\]$/g, '')];
  return [...new Set(hosts.filter((host): host is string => host !== undefined && !UNSPECIFIED.includes(host)))];
}

/** An address that can be connected to, as URLs have it. */
function hostAndPort(address: string, port: number): string {
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`;
}
