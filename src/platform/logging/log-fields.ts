import { AsyncLocalStorage } from 'node:async_hooks';

export type LogFields = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<LogFields>();

/** Does some work; every line that is logged in it, however deep below, carries the fields. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return current.run({ ...current.getStore(), ...fields }, work);
}

/** The fields of the work that is being done; pino's `mixin`, which wants an object of its own each time. */
export function logFields(): Record<string, string> {
  return { ...current.getStore() };
}
