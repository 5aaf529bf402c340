import { SpanKind, trace } from '@opentelemetry/api';

import { inSpan, isTracing } from '../../platform/tracing/spans.js';
import type { HttpAnswer } from './acme-transport.js';

/** A call to a CA, as a span below what it is made for; calls of the upkeep are part of no trace. */
export function traceCaCall(url: string, method: string, call: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  if (!isTracing() || trace.getActiveSpan() === undefined) return call();
  const target = URL.parse(url);
  const attributes = {
    'http.request.method': method,
    'server.address': target?.hostname ?? '',
    'url.path': target?.pathname ?? '',
  };
  return inSpan(`CA ${method}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const answer = await call();
    span.setAttribute('http.response.status_code', answer.status);
    return answer;
  });
}
