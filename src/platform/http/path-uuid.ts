import { ParseUUIDPipe } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';

/** An identifier in a path. */
export const PATH_UUID = new ParseUUIDPipe({
  exceptionFactory: () =>
    new DomainError('invalid_request', 'The identifier in the path is not a UUID; the lists tell the right ones.', {
      errors: [{ field: 'id', detail: 'is not a UUID' }],
    }),
});
