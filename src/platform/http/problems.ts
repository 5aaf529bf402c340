import { type CustomDecorator, SetMetadata } from '@nestjs/common';

import type { ErrorCode } from '../../kernel/errors.js';

/** Where the codes of `Problems` are kept, for `npm run openapi`. */
export const PROBLEMS = 'fleetcert:problems';

/**
 * The refusals of a call that its own work may end in. Those that follow from its kind (no credential, a role that does
 * not suffice, a body that is not valid, the database away) are added to the API's description by themselves.
 */
export function Problems(...codes: ErrorCode[]): CustomDecorator {
  return SetMetadata(PROBLEMS, codes);
}
