import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Makes the artefacts for `./sanad interop`; the database is the one that the tests have. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/interop/*.interop.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
