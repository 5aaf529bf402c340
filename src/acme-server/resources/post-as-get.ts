import { refuse } from '../domain/problem.js';

/** RFC 8555 section 6.3: reading is a POST with an empty payload, which is not the same as `{}`. */
export function assertPostAsGet(payload: Uint8Array): void {
  if (payload.length > 0) throw refuse('malformed', 'POST-as-GET requests must have an empty payload');
}
