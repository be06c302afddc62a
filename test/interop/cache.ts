import { homedir } from 'node:os'
import { join } from 'node:path'

/** Builds and environments, kept between runs and out of the tree. */
export const CACHE = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'sanad-interop',
)
