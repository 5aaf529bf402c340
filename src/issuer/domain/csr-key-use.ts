import { csrRejected } from './csr-rejected.js';

/** What is known of a CSR's key from elsewhere. */
export interface KeyUseFacts {
  /** It was reported compromised, to us or to the CA. */
  readonly reportedCompromised: boolean;
  /** It is the key of one of our ACME accounts (RFC 8555 section 11.1). */
  readonly acmeAccountKey: boolean;
  /** Another device's CSR or certificate has it: a cloned image. */
  readonly otherDevice: boolean;
}

/** Throws DomainError `csr_rejected` when a key must not get a certificate; the gravest reason is named. */
export function checkKeyUse(facts: KeyUseFacts): void {
  if (facts.reportedCompromised) {
    throw csrRejected('This key was reported compromised and never gets a certificate again: make a new key.');
  }
  if (facts.acmeAccountKey) {
    throw csrRejected('This key is an ACME account key and must not be in a certificate: make a key for the device.');
  }
  if (facts.otherDevice) {
    throw csrRejected(
      'This key belongs to another device, as after cloning an image: delete the key on this device and make a new one.',
    );
  }
}
