import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import type { Description } from './description.js';

const ROOT = 'https://fleetcert.invalid/openapi.json';

/** Checks values against the description's schemas, and takes a field that they do not name for a mistake. */
export class SchemaCheck {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #kept = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ ...(closed(description.document) as object), $id: ROOT });
  }

  /** @returns what is wrong; empty when nothing is */
  problems(schema: object, value: unknown): string[] {
    const key = JSON.stringify(schema);
    const validate = this.#kept.get(key) ?? this.#ajv.compile(closed(JSON.parse(key)) as object);
    this.#kept.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
    );
  }
}

/** The same schemas without room for fields that they do not name; references lead into the description. */
function closed(value: unknown, isWithinAllOf = false): unknown {
  if (Array.isArray(value)) return value.map((item) => closed(item, isWithinAllOf));
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === 'example' || key === 'value') return [key, one];
      if (key === '$ref' && typeof one === 'string') return [key, one.replace(/^#/, `${ROOT}#`)];
      return [key, closed(one, key === 'allOf')];
    }),
  );
  const isClosed = copy['type'] === 'object' && copy['properties'] && !('additionalProperties' in copy);
  return isClosed && !isWithinAllOf ? { ...copy, additionalProperties: false } : copy;
}
