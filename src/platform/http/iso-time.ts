import { applyDecorators } from '@nestjs/common';
import { IsISO8601, Matches } from 'class-validator';

const MESSAGE = '$property must be a time as RFC 3339 writes it, such as 2027-01-31T12:00:00Z';

/** A time in a body: a string with date, time and offset (RFC 3339), of a day that exists. */
export function IsTime(): PropertyDecorator {
  return applyDecorators(
    IsISO8601({ strict: true, strictSeparator: true }, { message: MESSAGE }),
    Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/, { message: MESSAGE }),
  );
}

/** The time of a field that IsTime has checked. */
export function timeOf(text: string | null | undefined): Date | undefined {
  return text ? new Date(text) : undefined;
}
