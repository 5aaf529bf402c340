import type { AppConfig } from '../config/app-config.js';
import { SecretBox } from './secret-box.js';
import { readOrMakeSecretFile } from './secret-file.js';

/** The box under FLEETCERT_SECRET_KEY; without that under a key of its own, made once in the data directory. */
export async function openSecretBox({
  secrets,
  dataDirectory,
}: Pick<AppConfig, 'secrets' | 'dataDirectory'>): Promise<SecretBox> {
  if (secrets.secretKey) return new SecretBox(secrets.secretKey);
  const { secret } = await readOrMakeSecretFile(dataDirectory, 'secret-key', (random) => random(32).toString('base64'));
  return new SecretBox(Buffer.from(secret, 'base64'));
}
