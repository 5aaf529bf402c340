import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';

import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { credentialMatches, fingerprintOf, hashCredential } from '../../platform/security/credential.js';
import { readOrMakeSecretFile } from '../../platform/security/secret-file.js';

/** The bootstrap operator credential: from FLEETCERT_ADMIN_TOKEN, or made once and kept in the data directory. */
@Injectable()
export class AdminToken implements OnModuleInit {
  private readonly logger = new Logger(AdminToken.name);
  private hash: Buffer | undefined;
  /** The file that holds it; undefined when it was configured. */
  path: string | undefined;

  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  async onModuleInit(): Promise<void> {
    const configured = this.config.secrets.adminToken;
    if (configured) {
      this.hash = hashCredential(configured);
      return;
    }
    const { secret, path, made } = await readOrMakeSecretFile(
      this.config.dataDirectory,
      'admin-token',
      (random) => `fco_${random(32).toString('base64url')}`,
    );
    this.hash = hashCredential(secret);
    this.path = path;
    if (made) this.logger.log({ path }, 'an admin token was made; the file holds it');
  }

  /** Of the token's hash; changes with the token. */
  get fingerprint(): string {
    return this.hash ? fingerprintOf(this.hash) : '';
  }

  matches(presented: string): boolean {
    return this.hash !== undefined && credentialMatches(presented, this.hash);
  }
}
