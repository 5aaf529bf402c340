import { DomainError } from '../../../kernel/errors.js';
import { FormFields } from './form-fields.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id that a form of ours carries. @throws DomainError `invalid_request` */
export function uuidField(body: unknown, name: string): string {
  const value = new FormFields(body).raw(name);
  if (!UUID.test(value))
    throw new DomainError('invalid_request', `The form's ${name} is not one of ours; reload its page.`);
  return value;
}

/** An id in an address; undefined when there is none. @throws DomainError `invalid_request` */
export function uuidText(fields: FormFields, name: string, title: string): string | undefined {
  const value = fields.raw(name);
  if (value === '') return undefined;
  if (!UUID.test(value)) throw new DomainError('invalid_request', `${title} is not an id of ours.`);
  return value.toLowerCase();
}
