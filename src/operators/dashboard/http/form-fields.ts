import { DomainError } from '../../../kernel/errors.js';

/** The fields of a form as a browser sends them: texts, of which some may be missing. */
export class FormFields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @param source a parsed body or query */
  constructor(source: unknown) {
    this.#values = typeof source === 'object' && source !== null ? (source as Record<string, unknown>) : {};
  }

  /** What was entered, trimmed; empty when nothing was. For showing a form again. */
  raw(name: string): string {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return typeof value === 'string' ? value.trim() : '';
  }

  /** @throws DomainError `invalid_request` when it is longer than `longest` characters */
  text(name: string, title: string, longest: number): string | undefined {
    const value = this.raw(name);
    if (value.length > longest) throw wrong(name, title, `may have ${longest} characters at most`);
    return value === '' ? undefined : value;
  }

  /** @throws DomainError `invalid_request` */
  required(name: string, title: string, longest: number): string {
    const value = this.text(name, title, longest);
    if (value === undefined) throw wrong(name, title, 'has to be filled in');
    return value;
  }

  /** @throws DomainError `invalid_request` */
  integer(name: string, title: string, least: number, most: number): number | undefined {
    const value = this.raw(name);
    if (value === '') return undefined;
    if (!/^\d{1,15}$/.test(value) || Number(value) < least || Number(value) > most) {
      throw wrong(name, title, `has to be a whole number from ${least} to ${most}`);
    }
    return Number(value);
  }

  /** The last second of a day (`2027-01-31`, UTC). @throws DomainError `invalid_request` */
  endOfDay(name: string, title: string): Date | undefined {
    const value = this.raw(name);
    if (value === '') return undefined;
    const date = new Date(`${value}T23:59:59Z`);
    if (!/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(value)) {
      throw wrong(name, title, 'has to be a day, such as 2027-01-31');
    }
    return date;
  }

  /** @throws DomainError `invalid_request` */
  oneOf<T extends string>(name: string, title: string, known: readonly T[]): T | undefined {
    const value = this.raw(name);
    if (value === '') return undefined;
    const found = known.find((candidate) => candidate === value);
    if (found === undefined) throw wrong(name, title, `has to be one of ${known.join(', ')}`);
    return found;
  }

  /** Every value of a field that may be there several times. */
  all(name: string): string[] {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((one): one is string => typeof one === 'string' && one !== '');
  }

  isChecked(name: string): boolean {
    return this.raw(name) !== '';
  }
}

function wrong(field: string, title: string, detail: string): DomainError {
  return new DomainError('invalid_request', `${title} ${detail}.`, { errors: [{ field, detail }] });
}
