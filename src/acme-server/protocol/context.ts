import { randomBytes } from 'node:crypto';

import type { Clock } from '../../kernel/clock.js';
import type { AccountPolicy } from '../ports/account-policy.js';
import type { AcmeStore } from '../ports/acme-store.js';
import type { CertificateSigner } from '../ports/certificate-signer.js';
import type { ChallengeValidator } from '../ports/challenge-validator.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { ServerLog } from '../ports/server-log.js';
import type { BackgroundTasks } from './background-tasks.js';
import type { AcmeServerOptions } from './options.js';
import type { Urls } from './urls.js';

/** What a server is made of; the resources take what they need from it. */
export interface AcmeServerParts {
  readonly urls: Urls;
  readonly store: AcmeStore;
  readonly signer: CertificateSigner;
  readonly validator: ChallengeValidator;
  readonly policy: AccountPolicy;
  readonly nonces: NonceStore;
  readonly clock: Clock;
  /** 0 to 1, as Math.random: nonce rejection, jitter, the directory's odd entry. */
  readonly random: () => number;
  readonly log: ServerLog;
  readonly options: AcmeServerOptions;
  /** Validations wait for other people's name servers: they must not hold up what is ready to be signed. */
  readonly validations: BackgroundTasks;
  readonly signings: BackgroundTasks;
}

/** An identity nobody can guess: 16 octets, base64url. */
export function newId(): string {
  return randomBytes(16).toString('base64url');
}
