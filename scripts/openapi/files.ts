import { join } from 'node:path';

import { PROJECT_ROOT } from '../../src/platform/project-root.js';
import { buildDocument } from './build-document.js';
import { clientTypes } from './client-types.js';

/** A file that is made from the code, and committed. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** The API's description, and the client's types that are made from it. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const document = await buildDocument();
  const types = join(PROJECT_ROOT, 'src', 'client', 'api-types.ts');
  return [
    { path: join(PROJECT_ROOT, 'openapi.json'), content: `${JSON.stringify(document, undefined, 2)}\n` },
    { path: types, content: await clientTypes(document, types) },
  ];
}
