import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import { Inject, Injectable } from '@nestjs/common';

import { APP_CONFIG, type AppConfig } from '../platform/config/app-config.js';

/** Within the data directory; acme-server/sandbox makes them when it starts. */
const SANDBOX_ROOTS = ['sandbox-ca/ca-root.pem', 'sandbox-ca/ca-alternate-root.pem'];

export interface RootBundle {
  readonly pem: string;
  /** Strong, with its quotes. */
  readonly etag: string;
}

/**
 * The roots that a device may trust this server's TLS by: those that Node brings (Mozilla's), the sandbox CA's where it
 * is used, and those that the configured CAs' own TLS is trusted by, because a private CA mostly has one root for that
 * and for what it issues.
 */
@Injectable()
export class RootBundles {
  #bundle: Promise<RootBundle> | undefined;

  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  /** Read once; a failure is not kept. */
  bundle(): Promise<RootBundle> {
    this.#bundle ??= this.#make().catch((error: unknown) => {
      this.#bundle = undefined;
      throw error;
    });
    return this.#bundle;
  }

  async #make(): Promise<RootBundle> {
    const { acme, dataDirectory } = this.config;
    const sandbox = acme.sandbox ? SANDBOX_ROOTS.map((file) => join(dataDirectory, file)) : [];
    const configured = (acme.sandbox ? [] : [acme, ...(acme.others ?? [])]).flatMap(({ caFile }) => caFile ?? []);
    const files = new Set([...sandbox, ...configured]);
    const own = (await Promise.all([...files].map((file) => readFile(file, 'utf8')))).flatMap(certificatesIn);
    const pem = `${[...new Set([...own, ...rootCertificates.flatMap(certificatesIn)])].join('\n')}\n`;
    return { pem, etag: `"${createHash('sha256').update(pem).digest('base64url')}"` };
  }
}

/** The certificates in a PEM text, without what stands around them. */
function certificatesIn(text: string): string[] {
  return (
    text.replaceAll('\r', '').match(/-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----/g) ?? []
  );
}
