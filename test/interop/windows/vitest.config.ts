import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The Windows client under Wine against a real server; the database is the one that the tests have. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..', '..'),
    include: ['test/interop/windows/*.wine.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
