const SECONDS = /^\d{1,10}$/;
/** IMF-fixdate, and the two obsolete forms that RFC 9110 section 5.6.7 still asks a recipient to read. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * Whole seconds to wait, from a Retry-After header (RFC 9110 section 10.2.3): a number of seconds or an HTTP date,
 * 0 for a date that has passed. undefined when there is no header, or one that is neither.
 */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (SECONDS.test(text)) return Number(text);
  if (!HTTP_DATE.test(text)) return undefined;
  // asctime has no zone and means UTC; Date.parse would take it for local time.
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now.getTime()) / 1000));
}
