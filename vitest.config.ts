import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    // Two cores, and each file brings a database, a token or a browser of its own.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for comes late on a loaded machine; one second is the default.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'test/**/*.test.ts',
            'tools/**/*.test.ts',
            'packaging/**/*.test.ts',
          ],
          globalSetup: ['test/global-setup.ts'],
        },
      },
      {
        // Pages and dialogs of the portal, without a browser and without a database.
        extends: true,
        test: {
          name: 'portal',
          include: ['packages/portal/{src,test}/**/*.test.tsx'],
          environment: 'happy-dom',
        },
      },
    ],
  },
})
