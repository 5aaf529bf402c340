import { DomainError } from '../../../../kernel/errors.js';
import type { BucketLevel } from '../../../fleet/bucket-levels.js';
import { durationText } from '../../domain/duration-text.js';
import { figure } from '../../html/figure.js';
import { choice, csrfField, field } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { table } from '../../html/table.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';

/** How a form names a bucket; the CA's name, which may have spaces, comes last. */
function nameOf({ ca, limit, subject }: BucketLevel): string {
  return [limit, subject, ...(ca === undefined ? [] : [ca])].join(' ');
}

/** @throws DomainError `invalid_request` */
export function bucketOf(name: string): { readonly limit: string; readonly subject: string; readonly ca?: string } {
  const { limit, subject, ca } = /^(?<limit>\S+) (?<subject>\S+)(?: (?<ca>.+))?$/.exec(name)?.groups ?? {};
  if (limit === undefined || subject === undefined) {
    throw new DomainError('invalid_request', 'The limit is not one of the list; reload the page.');
  }
  return { limit, subject, ...(ca !== undefined && { ca }) };
}

/** The CA's limits as they are known here. */
export function limitList(buckets: readonly BucketLevel[]): Html {
  return html`<section class="card" aria-labelledby="limits">
    <h2 id="limits">Rate limits</h2>
    ${table(
      'Rate limits that orders share',
      [
        { title: 'Limit', kind: 'name', cell: ({ title }) => title },
        buckets.some(({ ca }) => ca !== undefined) && { title: 'CA', cell: ({ ca }) => ca ?? '–' },
        { title: 'Of', cell: ({ subject }) => html`<code>${subject}</code>` },
        { title: 'Left', kind: 'number', cell: ({ level, capacity }) => `${figure(level)} of ${figure(capacity)}` },
        { title: 'Reserved', kind: 'number', cell: ({ reserved }) => figure(reserved) },
        { title: 'One more every', cell: ({ refillSeconds }) => everyText(refillSeconds) },
        {
          title: 'Full in',
          cell: ({ secondsUntilFull }) => (secondsUntilFull === 0 ? 'full' : everyText(secondsUntilFull)),
        },
      ],
      buckets,
      'No limit of the CA is known that orders share.',
    )}
  </section>`;
}

/** For who knows better than we do: what other software has spent, or what the CA's staff said. */
export function limitForm(session: Session, buckets: readonly BucketLevel[], entered?: FormFields): HtmlValue {
  if (buckets.length === 0) return null;
  return html`<section class="card" aria-labelledby="set-limit">
    <h2 id="set-limit">Correct a limit</h2>
    <p class="muted">
      When other software orders in the same domain, or the CA said so: what is left now. The queue goes by it at once.
    </p>
    <form method="post" action="/settings/limits" class="fields">
      ${csrfField(session)}
      ${choice(
        'bucket',
        'bucket',
        'Limit',
        buckets.map(
          (bucket) =>
            [
              nameOf(bucket),
              `${bucket.title} (${bucket.subject})${bucket.ca === undefined ? '' : ` at ${bucket.ca}`}`,
            ] as const,
        ),
        entered?.raw('bucket'),
      )}
      ${field('remaining', 'remaining', 'Left now', { value: entered?.raw('remaining'), type: 'number', isRequired: true, least: 0, most: 1_000_000_000 })}
      <button class="primary">Set the limit</button>
    </form>
  </section>`;
}

/** With the seconds that durationText leaves out. */
function everyText(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} seconds` : durationText(seconds * 1000);
}
