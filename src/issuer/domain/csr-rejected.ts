import { DomainError } from '../../kernel/errors.js';

/** Every CSR is refused by this: `detail` is a sentence for the person who made the CSR. */
export function csrRejected(detail: string, cause?: unknown): DomainError {
  return new DomainError('csr_rejected', detail, { cause });
}

/** Foreign text in a sentence: quoted, without control characters, and cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
