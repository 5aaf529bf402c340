import { type Environment, ConfigurationError, EnvironmentReader } from '../config/environment.js';
import { Expected, oneOf, parseInteger } from '../config/parsers.js';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** What the standard OTEL_* variables say of traces; the exporter reads its own (endpoint, headers, time-out, TLS). */
export interface TracingConfig {
  /** The part of the traces that begin here which is recorded, 0 to 1. */
  readonly ratio: number;
  /** A caller's decision (of a trusted proxy) goes before that. */
  readonly followsParent: boolean;
  readonly batch: {
    readonly scheduledDelayMillis?: number;
    readonly exportTimeoutMillis?: number;
    readonly maxQueueSize?: number;
    readonly maxExportBatchSize?: number;
  };
}

/**
 * Tracing is on when an endpoint is named, unless OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER=none turn it off.
 * @throws ConfigurationError naming every wrong variable
 */
export function readTracing(environment: Environment): TracingConfig | undefined {
  const reader = new EnvironmentReader(environment);
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const isNamed = endpoints.filter((name) => reader.isSet(name)).length > 0;
  const isDisabled = environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  const exporter = reader.withDefault('OTEL_TRACES_EXPORTER', oneOf('otlp', 'none'), 'otlp');
  if (!isNamed || isDisabled || exporter === 'none') return undefined;

  for (const name of endpoints) reader.optional(name, parseEndpoint);
  for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']) {
    reader.optional(name, parseProtocol);
  }
  const sampler = reader.withDefault('OTEL_TRACES_SAMPLER', oneOf(...SAMPLERS), 'parentbased_always_on');
  const argument = reader.withDefault('OTEL_TRACES_SAMPLER_ARG', parseRatio, 1);
  const number = (name: string): number | undefined => reader.optional(name, parseInteger(1, 1_000_000));
  const batch = {
    scheduledDelayMillis: number('OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: number('OTEL_BSP_EXPORT_TIMEOUT'),
    maxQueueSize: number('OTEL_BSP_MAX_QUEUE_SIZE'),
    maxExportBatchSize: number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  };
  if (reader.problems.length > 0) throw new ConfigurationError(reader.problems);
  const ratio = sampler.endsWith('traceidratio') ? argument : sampler.endsWith('always_off') ? 0 : 1;
  return { ratio, followsParent: sampler.startsWith('parentbased'), batch };
}

function parseEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new Expected("the URL of an OpenTelemetry collector's OTLP/HTTP receiver, such as http://127.0.0.1:4318");
}

function parseProtocol(text: string): string {
  if (text === 'http/json') return text;
  throw new Expected('http/json: traces are sent by OTLP over HTTP as JSON, which collectors take on port 4318');
}

function parseRatio(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value;
  throw new Expected('a part from 0 to 1, such as 0.1');
}
