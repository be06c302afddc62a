/**
 * How long a run is and what repeats it. `./sanad test` asks the same questions every time, so that it fails only for
 * what was changed; `./sanad fuzz` asks new ones, and says the seed.
 */
export const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_130)
export const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 12)
export const SAID_BY = `FUZZ_SEED=${SEED}`
