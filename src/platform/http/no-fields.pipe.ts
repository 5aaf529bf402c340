import { type PipeTransform } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';

/** For calls that take no body, or an empty one. */
export class NoFieldsPipe implements PipeTransform {
  transform(body: unknown): undefined {
    const fields = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    if (fields.length === 0) return undefined;
    throw new DomainError('invalid_request', 'This call takes no fields: send no body.', {
      errors: fields.map((field) => ({ field, detail: 'is not a field of this call' })),
    });
  }
}
