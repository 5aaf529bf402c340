import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { PROJECT_ROOT } from '../../../src/platform/project-root.js';

export interface MediaType {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown; readonly $ref?: string }>>;
}

export interface DescribedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface DescribedCall {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

/** A call with its method and path: `GET /v1/devices/{id}`. */
export interface NamedCall extends DescribedCall {
  readonly call: string;
}

/** The committed description of the API. */
export class Description {
  readonly document = JSON.parse(readFileSync(join(PROJECT_ROOT, 'openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, DescribedCall>>;
    components: Record<string, Record<string, object>>;
  };

  readonly calls: readonly NamedCall[] = Object.entries(this.document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => ({ ...call, call: `${method.toUpperCase()} ${path}` })),
  );

  /** What `{"$ref": …}` stands for; anything else as it is. */
  resolve<T>(value: T): T {
    const { $ref } = value as { $ref?: string };
    if ($ref === undefined) return value;
    const [, , part, name] = $ref.split('/');
    return this.document.components[part!]![name!] as T;
  }
}
