import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TurnOrder } from './service-rank.js';

/** Serves the groups in turns, one order each, until all are empty. */
function servedPlaces(sizes: readonly number[]): number[][] {
  const places: number[][] = sizes.map(() => []);
  let place = 0;
  for (let round = 0; round < Math.max(...sizes); round++) {
    for (const [turn, size] of sizes.entries()) if (size > round) places[turn]!.push((place += 1));
  }
  return places;
}

describe('TurnOrder', () => {
  it('gives every order the place at which groups that take turns serve it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        const order = new TurnOrder(sizes);
        const places = sizes.map((size, turn) => {
          const placeOf = order.placesOf(turn);
          return Array.from({ length: size }, (_, i) => placeOf(i + 1));
        });
        expect(places).toEqual(servedPlaces(sizes));
      }),
    );
  });
});
