import type { AcmeProblem } from './acme-ca.js';

const ACME_ERROR = 'urn:ietf:params:acme:error:';
/** Details are shown to operators and devices: long enough for every CA's words, too short to flood a page. */
const MAX_DETAIL_LENGTH = 2000;
const MAX_SUBPROBLEMS = 100;

/**
 * Reads a problem document (RFC 7807, RFC 8555 section 6.7), or undefined when `data` is none: it must be an object with
 * a `type`. Control characters in texts become spaces.
 */
export function readProblem(data: unknown): AcmeProblem | undefined {
  if (!isObject(data) || typeof data['type'] !== 'string' || data['type'] === '') return undefined;
  const { type, detail, status, subproblems } = data;
  return {
    type: cleaned(type.startsWith(ACME_ERROR) ? type.slice(ACME_ERROR.length) : type),
    detail: typeof detail === 'string' ? cleaned(detail) : '',
    ...(typeof status === 'number' && { status }),
    ...(Array.isArray(subproblems) && { subproblems: readSubproblems(subproblems) }),
  };
}

function readSubproblems(list: readonly unknown[]): (AcmeProblem & { name?: string })[] {
  return list.slice(0, MAX_SUBPROBLEMS).flatMap((item) => {
    // Subproblems do not nest (RFC 8555 section 6.7.1): a deeper list is left out, and cannot exhaust the stack.
    const problem = readProblem(isObject(item) ? { ...item, subproblems: undefined } : item);
    if (!problem) return [];
    const identifier = (item as Record<string, unknown>)['identifier'];
    const name = isObject(identifier) ? identifier['value'] : undefined;
    return [{ ...problem, ...(typeof name === 'string' && { name: cleaned(name) }) }];
  });
}

function cleaned(text: string): string {
  return text
    .slice(0, MAX_DETAIL_LENGTH)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
