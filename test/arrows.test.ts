import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { openDatabase } from '../packages/server/src/platform/database.ts'
import { findUnranked, findUpwardImports, readImports, show } from './arrows/imports.ts'
import { RANKS, WRITTEN_IN_DATABASE } from './arrows/ranks.ts'
import { packageOf, readSources, sliceOf } from './arrows/sources.ts'
import { findForeignTables, findWriters } from './arrows/tables.ts'

/** The arrows of docs/architecture.md, read off every import in the source and every statement to the database. */

const SOURCES = readSources()
const IMPORTS = SOURCES.flatMap(readImports)

const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  'command-line': ['protocol'],
  outbound: ['protocol'],
  client: ['protocol', 'command-line', 'outbound'],
  server: ['protocol', 'command-line', 'outbound'],
  portal: ['protocol'],
  cli: ['protocol', 'command-line'],
  simulator: ['protocol', 'client', 'command-line'],
}

describe('the arrows between packages', () => {
  it('lets packages import one another one way only', () => {
    const wrong = IMPORTS.filter(({ from, target }) => {
      const [own, other] = [packageOf(from), packageOf(target)]
      return (
        own !== undefined &&
        other !== undefined &&
        own !== other &&
        MAY_IMPORT[own]?.includes(other) !== true
      )
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('lets no import reach into another package by a relative path', () => {
    const wrong = IMPORTS.filter(
      ({ from, target }) => target.startsWith('packages/') && packageOf(from) !== packageOf(target),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('the protocol', () => {
  it('keeps Node’s modules in the protocol’s envelope, and files, sockets and clocks out of it', () => {
    const wrong = IMPORTS.filter(
      ({ from, target }) =>
        packageOf(from) === 'protocol' &&
        target.startsWith('node:') &&
        !(from.includes('/envelope/') && ['node:crypto', 'node:buffer'].includes(target)),
    )
    expect(wrong.map(show)).toEqual([])
    const clocks = SOURCES.filter(
      ({ path, text }) =>
        path.startsWith('packages/protocol/src/') &&
        /Date\.now\(\)|new Date\(\)|performance\.now/.test(text),
    )
    expect(clocks.map(({ path }) => path)).toEqual([])
  })

  it('keeps the protocol’s envelope out of the portal', () => {
    expect(
      IMPORTS.filter(
        ({ from, target }) => packageOf(from) === 'portal' && target.includes('/envelope/'),
      ).map(show),
    ).toEqual([])
  })
})

describe('the client', () => {
  it('asks which operating system it runs on in one place', () => {
    const ASKS = /\bprocess\.platform\b|\bplatform\(\)|\bprocess\.getuid\b/
    const asking = SOURCES.filter(
      ({ path, text }) => path.startsWith('packages/client/src/') && ASKS.test(text),
    ).map(({ path }) => path.replace('packages/client/src/platform/', ''))
    expect(asking.toSorted()).toEqual(['linux/access.ts', 'platform.ts'])
  })

  it('knows what is of one operating system in its own folder only, where one file puts it together', () => {
    const OF_ONE = /^packages\/client\/src\/platform\/(linux|windows)\//
    const wrong = IMPORTS.filter(
      ({ from, target }) =>
        OF_ONE.test(target) &&
        OF_ONE.exec(from)?.[1] !== OF_ONE.exec(target)?.[1] &&
        from !== 'packages/client/src/platform/platform.ts',
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('loads pkcs11js in the client’s token process only', () => {
    const TOKEN = 'packages/client/src/key-stores/token/'
    const inClient = IMPORTS.filter(({ from }) => from.startsWith('packages/client/src/'))
    const binding = inClient.filter(({ target }) => target === 'pkcs11js')
    expect(binding.map(({ from }) => from)).toEqual([`${TOKEN}pkcs11.ts`])
    // Whatever reaches that file is of the process too, up to its main program, which nobody imports.
    const inProcess = new Set([`${TOKEN}pkcs11.ts`])
    for (const path of inProcess)
      for (const { from, target } of inClient) if (target === path) inProcess.add(from)
    expect([...inProcess].filter((path) => !path.startsWith(TOKEN))).toEqual([])
    expect([...inProcess]).toContain(`${TOKEN}token-process.ts`)
  })
})

describe.each(Object.keys(RANKS) as (keyof typeof RANKS)[])('the slices of %s', (name) => {
  const upward = findUpwardImports(SOURCES, name, RANKS[name])

  it('gives each slice a rank', () => {
    expect(findUnranked(SOURCES, name, RANKS[name])).toEqual([])
  })

  it('lets a slice import only from ranks below its own', () => {
    expect(upward.map(({ at }) => show(at))).toEqual([])
  })
})

describe('the server', () => {
  const inServer = IMPORTS.filter(({ from }) => from.startsWith('packages/server/src/'))

  it('imports pkcs11js in the server’s HSM agent only', () => {
    const wrong = inServer.filter(
      ({ from, target }) =>
        target === 'pkcs11js' && !from.startsWith('packages/server/src/hsm/agent/'),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('lets no slice import the routes of another', () => {
    const wrong = inServer.filter(
      ({ from, target }) =>
        target.endsWith('.routes.ts') &&
        sliceOf(from) !== 'compose' &&
        sliceOf(from) !== sliceOf(target),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('the tables', async () => {
  const sources = SOURCES.filter(({ path }) => path.startsWith('packages/server/src/'))
  const tables = await readTables()
  const writers = findWriters(sources, tables, WRITTEN_IN_DATABASE)
  const owners = new Map([...writers].map(([table, [writer = '']]) => [table, writer]))
  const foreign = findForeignTables(sources, owners, RANKS.server)

  it('lets each table be written by one slice only', () => {
    const shared = [...writers].filter(([, slices]) => slices.size > 1)
    expect(shared.map(([table, slices]) => `${table}: ${[...slices].join(', ')}`)).toEqual([])
    expect([...writers.keys()].filter((table) => !tables.has(table))).toEqual([])
    expect([...tables].filter((table) => !writers.has(table))).toEqual([])
  })

  it('lets statements name only tables of their own slice and of ranks below', () => {
    expect(foreign.map(({ arrow, path }) => `${arrow} (${path})`)).toEqual([])
  })
})

describe('docs/architecture.md', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'architecture.md'), 'utf8')

  it('has a row in docs/architecture.md for each slice of the server, and no other', () => {
    const slices = new Set(SOURCES.flatMap(({ path }) => folderOfServer(path) ?? []))
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, slice]) => slice)
    expect(new Set(rows)).toEqual(slices)
    expect(rows).toHaveLength(slices.size)
  })

  it('names each package in docs/architecture.md', () => {
    const packages = new Set(SOURCES.flatMap(({ path }) => packageOf(path) ?? []))
    expect([...packages].filter((name) => !text.includes(`\n  ${name}/ `))).toEqual([])
  })
})

const folderOfServer = (path: string): string | undefined =>
  /^packages\/server\/src\/([a-z-]+)\//.exec(path)?.[1]

/** Of the migrated database, but for the list of migrations itself. */
async function readTables(): Promise<ReadonlySet<string>> {
  const { host, user, template: database } = inject('postgres')
  const { pool, close } = openDatabase({ connection: { host, user, database } })
  const { rows } = await pool.query<{ name: string }>(`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      and relname <> 'schema_migration'`)
  await close()
  return new Set(rows.map(({ name }) => name))
}
