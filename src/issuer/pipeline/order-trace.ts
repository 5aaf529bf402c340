import { createHash } from 'node:crypto';

import { context, createContextKey } from '@opentelemetry/api';

import { belowKnown, inSpan, isTracing, knownRoot, type KnownTrace, spanSince } from '../../platform/tracing/spans.js';
import { logFields } from '../../platform/logging/log-fields.js';
import type { IssuanceOrder } from '../domain/order.js';
import type { PipelineStep } from '../domain/pipeline-step.js';

/** When the last step of the run ended. */
const LAST_STEP = createContextKey('last step of the order');

/**
 * One trace an order, whose id is the order's id without its hyphens, whichever servers work on it: a span for each run,
 * with its steps and the CA's answers below it, and when the order has ended, one for the whole of it.
 * @returns what the run does: how it ended; undefined when the order is somebody else's now
 */
export async function traceOrderRun<E extends string | undefined>(
  order: IssuanceOrder,
  ca: string,
  run: () => Promise<E>,
): Promise<E> {
  if (!isTracing()) return run();
  const known = traceOf(order.id);
  const { requestId } = logFields();
  const attributes = {
    'fleetcert.order.id': order.id,
    'fleetcert.device.id': order.deviceId,
    'fleetcert.order.names': [...order.names],
    'fleetcert.ca': ca,
    ...(requestId !== undefined && { 'fleetcert.request.id': requestId }),
  };
  const parent = belowKnown(known).setValue(LAST_STEP, { at: new Date() });
  const end = await inSpan('order run', { parent, attributes }, async (span) => {
    const result = await run();
    span.setAttribute('fleetcert.run.end', result ?? 'lost');
    return result;
  });
  if (end === 'issued' || end === 'failed') {
    knownRoot('order', known, order.createdAt, { ...attributes, 'fleetcert.order.status': end }, end === 'failed');
  }
  return end;
}

/** A step of the run that is under way has been reached: a span from the one before it. */
export function traceStep(step: PipelineStep): void {
  const last = context.active().getValue(LAST_STEP) as { at: Date } | undefined;
  if (last === undefined) return;
  const begin = last.at;
  last.at = new Date();
  spanSince(step, begin);
}

/** A UUID is as long as a trace id. The root span has an id that every server comes to. */
function traceOf(orderId: string): KnownTrace {
  return {
    traceId: orderId.replaceAll('-', ''),
    spanId: createHash('sha256').update(`order ${orderId}`).digest('hex').slice(0, 16),
  };
}
