import type { IssuedCertificate, RenewalWindow } from '../../domain/certificate.js';
import { REVOCATION_REASONS } from '../../domain/revocation.js';
import type { CertificateStore } from '../../ports/acme-store.js';
import type { MemoryState } from './memory-state.js';

export class MemoryCertificates implements CertificateStore {
  constructor(private readonly state: MemoryState) {}

  async find(id: string): Promise<IssuedCertificate | undefined> {
    return this.state.certificates.get(id);
  }

  async findByCertId(certId: string): Promise<IssuedCertificate | undefined> {
    const id = this.state.idByCertId.get(certId);
    return id === undefined ? undefined : this.state.certificates.get(id);
  }

  async existsForNames(hash: string, since: Date): Promise<boolean> {
    const issuedAt = this.state.lastIssuedByNames.get(hash);
    return issuedAt !== undefined && issuedAt > since;
  }

  async revoke(id: string, reason: number, at: Date): Promise<boolean> {
    const certificate = this.state.certificates.get(id);
    if (!certificate) return false;
    const { keyCompromise } = REVOCATION_REASONS;
    if (certificate.revoked && (reason !== keyCompromise || certificate.revoked.reason === keyCompromise)) return false;
    this.state.certificates.set(id, { ...certificate, revoked: { at, reason } });
    return true;
  }

  async setRenewalWindow(id: string, renewalWindow: RenewalWindow | undefined): Promise<void> {
    const certificate = this.state.certificates.get(id);
    if (!certificate) return;
    const { renewalWindow: _, ...rest } = certificate;
    this.state.certificates.set(id, { ...rest, ...(renewalWindow ? { renewalWindow } : {}) });
  }

  async listRevoked(now: Date): Promise<readonly IssuedCertificate[]> {
    return [...this.state.certificates.values()].filter(({ revoked, notAfter }) => revoked && notAfter > now);
  }

  async blockKey(keyHash: string): Promise<void> {
    this.state.blockedKeys.add(keyHash);
  }

  async isKeyBlocked(keyHash: string): Promise<boolean> {
    return this.state.blockedKeys.has(keyHash);
  }
}
