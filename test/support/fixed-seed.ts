import * as fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a failure is of the change that was made. Other cases come
 * with another seed: `FLEETCERT_TEST_SEED=$RANDOM npx vitest run src`.
 */
const seed = Number(process.env['FLEETCERT_TEST_SEED'] ?? 20_261_121);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
