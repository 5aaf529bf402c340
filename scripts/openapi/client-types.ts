import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

const HEADER = '/** Made from openapi.json by `npm run openapi`; changes by hand are lost. */\n';

/** The types of the client (`src/client/api-types.ts`) from the API's description. */
export async function clientTypes(document: object, file: string): Promise<string> {
  const nodes = await openapiTypescript(document as OpenAPI3, { defaultNonNullable: false });
  return format(HEADER + astToString(nodes), { ...(await resolveConfig(file)), parser: 'typescript' });
}
