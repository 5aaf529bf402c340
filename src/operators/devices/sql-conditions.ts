/** Conditions of a WHERE clause with their parameters, which never become part of the text. */
export class SqlConditions {
  readonly values: unknown[] = [];
  readonly #conditions: string[] = [];

  /** @returns the parameter's name: `$3` */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(condition: string): void {
    this.#conditions.push(`(${condition})`);
  }

  /** All of them together; true when there is none. */
  toString(): string {
    return this.#conditions.length === 0 ? 'true' : this.#conditions.join(' AND ');
  }
}
