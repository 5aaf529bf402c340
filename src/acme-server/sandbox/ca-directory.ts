import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { addSeconds } from '../../kernel/clock.js';
import type { CaKeyPair } from '../signing/certificate-authority.js';
import {
  CA_FILES,
  type CaFiles,
  type CaMaterial,
  decodeCaKeyPair,
  encodeCaKeyPair,
  makeCaMaterial,
} from './ca-material.js';

const DIRECTORY = 'sandbox-ca';
const TEMPORARY = `${DIRECTORY}-new-`;
/** What ends sooner is made anew: a certificate must not outlive its issuer. */
const MIN_LIFE_SECONDS = 200 * 86_400;

export interface OpenedCa {
  readonly material: CaMaterial;
  /** Where the files are. */
  readonly directory: string;
  /** Made just now: whoever trusted an earlier root has to trust this one. */
  readonly made: boolean;
}

/**
 * Reads the CA's keys and certificates from `dataDirectory/sandbox-ca`, or makes them there. They appear all at once,
 * by renaming a complete folder: a process that is killed while it makes them leaves nothing behind that looks like a CA.
 */
export async function openCaDirectory(dataDirectory: string, now: Date): Promise<OpenedCa> {
  const directory = join(dataDirectory, DIRECTORY);
  await mkdir(dataDirectory, { recursive: true });
  await removeLeftovers(dataDirectory);
  const existing = await readMaterial(directory);
  if (existing && !endsSoon(existing, now)) return { material: existing, directory, made: false };

  const material = await makeCaMaterial(now);
  const temporary = await mkdtemp(join(dataDirectory, TEMPORARY));
  for (const [part, files] of Object.entries(CA_FILES)) {
    const { certificatePem, keyPem } = await encodeCaKeyPair(material[part as keyof CaMaterial]);
    await writeFile(join(temporary, files.certificate), certificatePem, { mode: 0o644 });
    await writeFile(join(temporary, files.key), keyPem, { mode: 0o600 });
  }
  await rm(directory, { recursive: true, force: true });
  await rename(temporary, directory);
  return { material, directory, made: true };
}

async function readMaterial(directory: string): Promise<CaMaterial | undefined> {
  try {
    const read = async ({ certificate, key }: CaFiles): Promise<CaKeyPair> => {
      const [certificatePem, keyPem] = await Promise.all([
        readFile(join(directory, certificate), 'utf8'),
        readFile(join(directory, key), 'utf8'),
      ]);
      return decodeCaKeyPair(certificatePem, keyPem);
    };
    return {
      root: await read(CA_FILES.root),
      alternateRoot: await read(CA_FILES.alternateRoot),
      intermediate: await read(CA_FILES.intermediate),
      crossIntermediate: await read(CA_FILES.crossIntermediate),
      tlsRoot: await read(CA_FILES.tlsRoot),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${directory} does not hold a CA: remove it, and a new one is made`, { cause: error });
  }
}

function endsSoon(material: CaMaterial, now: Date): boolean {
  const limit = addSeconds(now, MIN_LIFE_SECONDS);
  return Object.values<CaMaterial['root']>({ ...material }).some(({ certificate }) => certificate.notAfter < limit);
}

/** Folders of processes that were killed. */
async function removeLeftovers(dataDirectory: string): Promise<void> {
  for (const entry of await readdir(dataDirectory)) {
    if (entry.startsWith(TEMPORARY)) await rm(join(dataDirectory, entry), { recursive: true, force: true });
  }
}
