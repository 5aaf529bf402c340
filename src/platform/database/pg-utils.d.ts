/** `@types/pg` leaves it out. */
declare module 'pg/lib/utils.js' {
  /** What is bound for a value: text, octets or NULL. @throws for what has no text, like an object in a circle */
  export function prepareValue(value: unknown): string | Buffer | null;
}
