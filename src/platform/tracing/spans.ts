import {
  type Attributes,
  context,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';

/** A trace with a root span whose ids are known before it ends: parts of it come from several servers, over weeks. */
export interface KnownTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
}

interface ChosenSpanIds {
  readonly traceId?: string;
  readonly spanId?: string;
}

const NAME = 'fleetcert';

/** Is a trace recorded that begins with this id? Undefined while nothing is traced. */
let isRecorded: ((traceId: string) => boolean) | undefined;
let chosen: ChosenSpanIds | undefined;

/**
 * Told by who starts the SDK.
 * @param decide by the trace's id alone, so that every server comes to the same
 */
export function beginTracing(decide: (traceId: string) => boolean): void {
  isRecorded = decide;
}

export function endTracing(): void {
  isRecorded = undefined;
}

/** Is anything traced? Spans cost nothing worth naming otherwise, but nobody has to make any. */
export function isTracing(): boolean {
  return isRecorded !== undefined;
}

/** The ids that the span which is made right now shall have. */
export function chosenIds(): ChosenSpanIds | undefined {
  return chosen;
}

/**
 * Does some work in a span of its own, below the one that is active or that `parent` says. What is thrown marks the
 * span, and goes on. Attributes hold no secret: they leave the machine.
 */
export async function inSpan<T>(
  name: string,
  options: { readonly attributes?: Attributes; readonly kind?: SpanKind; readonly parent?: Context },
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const { parent = context.active(), ...spanOptions } = options;
  const span = trace.getTracer(NAME).startSpan(name, spanOptions, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** A span of something that is over: it began at `start`, and ends now. */
export function spanSince(name: string, start: Date, attributes: Attributes = {}): void {
  trace.getTracer(NAME).startSpan(name, { startTime: start, attributes }).end();
}

/** What spans below the root of a known trace have as their parent. */
export function belowKnown({ traceId, spanId }: KnownTrace, base: Context = ROOT_CONTEXT): Context {
  const traceFlags = isRecorded?.(traceId) ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(base, { traceId, spanId, traceFlags, isRemote: true });
}

/** The root span of a known trace, when it is over. */
export function knownRoot(
  name: string,
  known: KnownTrace,
  start: Date,
  attributes: Attributes,
  isError: boolean,
): void {
  chosen = known;
  try {
    const span = trace.getTracer(NAME).startSpan(name, { startTime: start, attributes, root: true }, ROOT_CONTEXT);
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  } finally {
    chosen = undefined;
  }
}
