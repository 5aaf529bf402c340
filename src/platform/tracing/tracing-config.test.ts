import { describe, expect, it } from 'vitest';

import { ConfigurationError } from '../config/environment.js';
import { readTracing } from './tracing-config.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('what the OTEL_* variables say of traces', () => {
  it.each([
    [{}],
    [{ OTEL_SERVICE_NAME: 'fleetcert' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ])('%j: there are none', (environment) => {
    expect(readTracing(environment)).toBeUndefined();
  });

  it.each([
    [{}, { ratio: 1, followsParent: true }],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, { ratio: 0, followsParent: false }],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { ratio: 0.25, followsParent: false },
    ],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '.5' },
      { ratio: 0.5, followsParent: true },
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: '0.25' }, { ratio: 1, followsParent: true }],
    [{ OTEL_BSP_SCHEDULE_DELAY: '200' }, { batch: expect.objectContaining({ scheduledDelayMillis: 200 }) }],
  ])('with an endpoint and %j: %j', (environment, expected) => {
    expect(readTracing({ ...ENDPOINT, ...environment })).toMatchObject(expected);
    expect(readTracing({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://x/v1/traces', ...environment })).toMatchObject(
      expected,
    );
  });

  it('names everything that is wrong', () => {
    const wrong = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
      OTEL_BSP_MAX_QUEUE_SIZE: 'many',
    };
    let told: unknown;
    try {
      readTracing(wrong);
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(ConfigurationError);
    const { problems } = told as ConfigurationError;
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(Object.keys(wrong));
  });
});
