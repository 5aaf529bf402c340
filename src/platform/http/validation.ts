import { ValidationPipe, type ValidationError } from '@nestjs/common';

import { DomainError, type FieldError } from '../../kernel/errors.js';

/** Turns class-validator's tree into `errors[]`: one entry a broken rule, with the field's path. */
export function fieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const isIndex = /^\d+$/.test(error.property);
    const field =
      parent === '' ? error.property : isIndex ? `${parent}[${error.property}]` : `${parent}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      field,
      detail: rule === 'whitelistValidation' ? 'is not a field of this call' : message,
    }));
    return [...own, ...fieldErrors(error.children ?? [], field)];
  });
}

/** Bodies and queries are checked against their DTO; unknown fields are refused, nothing is coerced in a body. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const fields = fieldErrors(errors);
      const summary = fields
        .map(({ field, detail }) => (detail.startsWith(field) ? detail : `${field} ${detail}`))
        .join('; ');
      return new DomainError('invalid_request', `Correct these fields: ${summary}.`, { errors: fields });
    },
  });
}
