import type { ListenAddress, NameServer } from '../../platform/config/app-config.js';
import type { ExpectedCa } from './domain/caa-check.js';

/** What the doctor has to know. */
export interface DoctorSettings {
  readonly zones: readonly string[];
  readonly nameServers: readonly NameServer[];
  /** 53, but in the sandbox. */
  readonly nameServerPort: number;
  /** Resolvers; empty: what takes one is left out. */
  readonly resolvers: readonly ListenAddress[];
  /** One of the parent's name servers; undefined: they are found through the resolvers. */
  readonly parent: ListenAddress | undefined;
  /** For one question. */
  readonly timeoutMilliseconds: number;
  /** How long a new record may take to every name server. */
  readonly propagationMilliseconds: number;
  /** The configured CA; undefined: its directory could not be read. */
  readonly ca: ExpectedCa | undefined;
  /** May records be made (and removed again)? */
  readonly mayWrite: boolean;
}

/** Why a check that takes a resolver was left out. */
export const NO_RESOLVER = 'not looked at: no resolver is named (--resolver ADDRESS), and the sandbox has none';
