import type { Cidr } from '../../kernel/ip-address.js';

/** An address and port to listen on. `address` has no brackets: `::1`, not `[::1]`. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** A name server of our zones; `addresses` become glue when `name` is inside a zone. */
export interface NameServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface DatabaseConfig {
  /** `postgres://…`; absent: the embedded database in `dataDirectory`. */
  readonly url?: string;
}

export interface DnsConfig {
  readonly zones: readonly string[];
  readonly nameServers: readonly NameServer[];
  /** Mail address for the SOA's RNAME. */
  readonly hostmaster: string;
  readonly listen: readonly ListenAddress[];
  readonly workers: number;
  /** Responses a second and client prefix; undefined: no limit. */
  readonly responsesPerSecond?: number;
  /** Limit clients on loopback too: only where the limit was set on purpose. */
  readonly limitsLoopback: boolean;
  readonly ipNames: 'registered' | 'policy' | 'off';
}

export interface HttpConfig {
  readonly listen: ListenAddress;
  readonly httpsListen?: ListenAddress;
  /** Base URL that devices use, without a final slash. */
  readonly publicUrl: string;
  readonly trustedProxies: readonly Cidr[];
}

/** A CA that certificates are ordered from, or its staging. */
export interface CaConfig {
  /** How people call it. */
  readonly name: string;
  readonly directoryUrl: string;
  /** PEM certificates that the endpoint's TLS is trusted by, beside the system's roots. Absent: the system's only. */
  readonly caFile?: string;
  readonly contact?: string;
  readonly externalAccount?: { readonly kid: string; readonly hmacKey: string };
  readonly profile?: string;
  /** `letsencrypt`, `letsencrypt-staging`, `none`, the path of a JSON file, or `sandbox`: as the embedded CA has them. */
  readonly limits: string;
  /** How the CA is called in CAA records, where its directory does not say so. */
  readonly caaIdentities?: readonly string[];
  /** Where an order that failed once is tried before it goes to the CA itself again. It has no staging of its own. */
  readonly staging?: CaConfig;
}

/** When orders go to another CA than the one that is theirs. */
export interface FallbackConfig {
  /** A CA is down when nothing could be had from it for so long. */
  readonly afterSeconds: number;
  /** A new device that would have to wait longer for its first certificate; absent: it waits. */
  readonly newDeviceWaitSeconds?: number;
}

/** The first CA, and what concerns all of them. */
export interface AcmeConfig {
  /** Directory URL; in the sandbox the embedded CA's. */
  readonly directoryUrl: string;
  /** The embedded CA is the CA. */
  readonly sandbox: boolean;
  /** PEM certificates that the endpoint's TLS is trusted by, beside the system's roots. Absent: the system's only. */
  readonly caFile?: string;
  readonly contact?: string;
  readonly externalAccount?: { readonly kid: string; readonly hmacKey: string };
  readonly profile?: string;
  /** `letsencrypt`, `letsencrypt-staging`, `none`, the path of a JSON file, or `sandbox`: as the embedded CA has them. */
  readonly limits: string;
  /** Orders that are worked on at once by this server. */
  readonly ordersInFlight: number;
  /** The server renews for a device that sleeps, until it was silent for so many days. */
  readonly renewSilentDays: number;
  /** How people call the first CA. Absent: by its directory's host. */
  readonly name?: string;
  readonly caaIdentities?: readonly string[];
  readonly staging?: CaConfig;
  /** The CAs after the first one, in the order in which orders fall back to them. */
  readonly others?: readonly CaConfig[];
  readonly fallback?: FallbackConfig;
}

export interface SandboxConfig {
  readonly caListen: ListenAddress;
  /** JSON file with settings of the embedded CA (its limits, how many nonces it rejects). */
  readonly caSettingsFile?: string;
  readonly devices: number;
}

export interface AddressPolicy {
  /** The ranges that a device may register; undefined: any address. */
  readonly ranges?: readonly Cidr[];
  /** How the policy is called in messages: `private`, `any`, or the list itself. */
  readonly name: string;
}

export interface MailConfig {
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: string;
}

export interface EventsConfig {
  /** Events are deleted when they are so old. */
  readonly keepDays: number;
}

/** When something is worth an alarm. */
export interface AlarmConfig {
  /** A certificate is at risk when this part of its lifetime is left. */
  readonly atRiskFraction: number;
  /** A device is silent when it has not called for so long. */
  readonly silentDays: number;
  /** Look at the parents of our zones. */
  readonly delegation: boolean;
  /** A limit of the CA is near when this part of it is left. */
  readonly limitLeftFraction: number;
}

/** How much is logged. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Everything that can be configured, checked and typed. Secrets stand in `secrets` alone. */
export interface AppConfig {
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly dataDirectory: string;
  readonly database: DatabaseConfig;
  readonly dns: DnsConfig;
  readonly http: HttpConfig;
  readonly acme: AcmeConfig;
  /** Present when the embedded CA is used. */
  readonly sandbox?: SandboxConfig;
  readonly addressPolicy: AddressPolicy;
  readonly mail?: MailConfig;
  readonly events: EventsConfig;
  readonly alarms: AlarmConfig;
  readonly secrets: {
    /** Bootstrap operator credential; absent: made once in the data directory. */
    readonly adminToken?: string;
    /** 32 octets: encrypts ACME account keys at rest; absent: made once in the data directory. */
    readonly secretKey?: Buffer;
  };
}

/** Injection token of the AppConfig. */
export const APP_CONFIG = Symbol('APP_CONFIG');
