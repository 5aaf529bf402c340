import { context, diag, DiagLogLevel, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  type IdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Logger } from '@nestjs/common';

import { beginTracing, chosenIds, endTracing } from './spans.js';
import type { Tracing } from './tracing.js';
import type { TracingConfig } from './tracing-config.js';

const STOP_MILLISECONDS = 3_000;

/** Ids are random, but for those that were chosen: an order's trace has the order's id. */
class ChosenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    return chosenIds()?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return chosenIds()?.spanId ?? this.#random.generateSpanId();
  }
}

/** The one file that loads OpenTelemetry's SDK: import it dynamically. Spans are sent by OTLP/HTTP, in batches. */
export function openTelemetry({ ratio, followsParent, batch }: TracingConfig): Tracing {
  const logger = new Logger('Tracing');
  diag.setLogger(
    {
      error: (message) => logger.warn(message),
      warn: (message) => logger.warn(message),
      info: (message) => logger.debug(message),
      debug: () => undefined,
      verbose: () => undefined,
    },
    DiagLogLevel.WARN,
  );
  const root = new TraceIdRatioBasedSampler(ratio);
  const provider = new TracerProvider({
    // Names and attributes of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before ours.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'fleetcert' }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: followsParent ? new ParentBasedSampler({ root }) : root,
    idGenerator: new ChosenIds(),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batch })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  beginTracing((traceId) => root.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED);
  return {
    stop: async () => {
      endTracing();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MILLISECONDS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
