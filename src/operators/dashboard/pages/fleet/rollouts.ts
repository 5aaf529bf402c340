import { Injectable } from '@nestjs/common';

import { forecast, type Forecast } from '../../../../issuer/domain/planner/forecast.js';
import { rolledOutBy } from '../../../../issuer/domain/planner/rollout-forecast.js';
import { FleetForecasts } from '../../../fleet/fleet-forecast.js';
import { KeptAnswer } from '../../../fleet/kept-answer.js';
import { evenly, rolloutCurve, type CurvePoint } from '../../domain/rollout-curve.js';

/** A rollout of more devices, as it is to be expected from the fleet, the queue and the limits of this moment. */
export interface Rollout {
  readonly devices: number;
  readonly forecast: Forecast;
  /** How many have their certificates when; empty when it never ends. */
  readonly curve: readonly CurvePoint[];
}

@Injectable()
export class Rollouts {
  readonly #input = new KeptAnswer(() => this.forecasts.inputFor(0));

  constructor(private readonly forecasts: FleetForecasts) {}

  /** @param devices so many more than there are */
  async of(devices: number): Promise<Rollout> {
    const { input: fleet } = await this.#input.get();
    const input = { ...fleet, devices };
    const result = forecast(input);
    const { endsAt, binding } = result.rollout;
    // Where no limit binds, orders in flight do: one batch after the other.
    const inFlight = binding === 'in-flight' ? evenly(input.now, endsAt, devices) : () => devices;
    const curve = rolloutCurve(input.now, endsAt, (time) => Math.min(rolledOutBy(input, time), inFlight(time)));
    return { devices, forecast: result, curve };
  }
}
