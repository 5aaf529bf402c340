import type { Environment } from '../config/environment.js';
import { readTracing } from './tracing-config.js';

/** Tracing that is under way. */
export interface Tracing {
  /** Sends what is waiting, for some seconds at most, and stops. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Begins to trace when the OTEL_* variables say so. Nothing of OpenTelemetry's SDK is loaded otherwise.
 * @param environment with what a `.env` file says
 * @throws ConfigurationError
 */
export async function startTracing(environment: Environment): Promise<Tracing | undefined> {
  const config = readTracing(environment);
  if (config === undefined) return undefined;
  // The exporter reads its variables from the process.
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('OTEL_') && value !== undefined) process.env[name] ??= value;
  }
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(config);
}
