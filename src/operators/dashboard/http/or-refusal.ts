import { DomainError } from '../../../kernel/errors.js';
import { problemOf } from '../../../platform/http/problem.js';

export type Outcome<T> =
  | { readonly value: T; readonly refusal?: undefined }
  /** What the sender of a form can mend, with the HTTP status for it. */
  | { readonly refusal: DomainError; readonly status: number };

/** Nothing of the form's: the error page tells better. */
const NOT_THE_FORMS_FAULT = new Set<DomainError['code']>(['unavailable', 'not_found', 'unknown_zone']);

/** Runs what a form asks for; a refusal is handed back, so that the form can be shown again with it. */
export async function orRefusal<T>(act: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await act() };
  } catch (error) {
    if (!(error instanceof DomainError) || NOT_THE_FORMS_FAULT.has(error.code)) throw error;
    return { refusal: error, status: problemOf(error).status };
  }
}
