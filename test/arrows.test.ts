import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The arrows of docs/architecture.md, read off every import in the source. */

const ROOT = join(import.meta.dirname, '..')

interface Import {
  readonly from: string
  readonly target: string
}

function listSources(): string[] {
  const output = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'packages/*.ts', 'packages/*.tsx'],
    { cwd: ROOT, encoding: 'utf8' },
  )
  return output.split('\n').filter((path) => path !== '')
}

const isTest = (path: string): boolean =>
  /\.test\.tsx?$|^packages\/[a-z-]+\/(test|tools|mock-api|e2e)\//.test(path)

/** Relative targets as paths from the root, packages as they are written. */
function readImports(from: string): Import[] {
  const text = readFileSync(join(ROOT, from), 'utf8')
  const found = text.matchAll(
    /^(?:import|export)\b[^'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  )
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    return {
      from,
      target: specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier,
    }
  })
}

const IMPORTS = listSources()
  .filter((path) => !isTest(path))
  .flatMap(readImports)

const packageOf = (path: string): string | undefined =>
  /^packages\/([a-z-]+)\//.exec(path)?.[1] ?? /^@sanad\/([a-z-]+)/.exec(path)?.[1]

const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  'command-line': ['protocol'],
  client: ['protocol', 'command-line'],
  server: ['protocol', 'command-line'],
  portal: ['protocol'],
  cli: ['protocol', 'command-line'],
  simulator: ['protocol', 'client', 'command-line'],
}

const show = ({ from, target }: Import): string => `${from} → ${target}`

describe('the arrows between packages', () => {
  it('go one way', () => {
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

  it('do not cross into another package by a relative path', () => {
    const wrong = IMPORTS.filter(
      ({ from, target }) => target.startsWith('packages/') && packageOf(from) !== packageOf(target),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('the protocol', () => {
  it('uses what only Node has in its envelope alone, and never reaches for a file, a socket or a clock', () => {
    const wrong = IMPORTS.filter(
      ({ from, target }) =>
        packageOf(from) === 'protocol' &&
        target.startsWith('node:') &&
        !(from.includes('/envelope/') && ['node:crypto', 'node:buffer'].includes(target)),
    )
    expect(wrong.map(show)).toEqual([])
    const clocks = listSources().filter(
      (path) =>
        path.startsWith('packages/protocol/src/') &&
        !isTest(path) &&
        /Date\.now\(\)|new Date\(\)|performance\.now/.test(readFileSync(join(ROOT, path), 'utf8')),
    )
    expect(clocks).toEqual([])
  })

  it('keeps the envelope out of the portal', () => {
    expect(
      IMPORTS.filter(
        ({ from, target }) => packageOf(from) === 'portal' && target.includes('/envelope/'),
      ).map(show),
    ).toEqual([])
  })
})

describe('the client', () => {
  it('loads pkcs11js in the process of a token only, so that it costs nobody else memory', () => {
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

describe('the server', () => {
  const inServer = IMPORTS.filter(({ from }) => from.startsWith('packages/server/src/'))
  const sliceOf = (path: string): string | undefined =>
    /^packages\/server\/src\/([a-z-]+)\//.exec(path)?.[1]

  it('imports pkcs11js in the HSM agent only', () => {
    const wrong = inServer.filter(
      ({ from, target }) =>
        target === 'pkcs11js' && !from.startsWith('packages/server/src/hsm/agent/'),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('keeps the platform below every slice', () => {
    expect(
      inServer
        .filter(
          ({ from, target }) =>
            sliceOf(from) === 'platform' && !['platform', undefined].includes(sliceOf(target)),
        )
        .map(show),
    ).toEqual([])
  })

  it('lets no slice reach into the routes of another', () => {
    const wrong = inServer.filter(
      ({ from, target }) =>
        target.endsWith('.routes.ts') &&
        ![undefined, 'compose'].includes(sliceOf(from)) &&
        sliceOf(from) !== sliceOf(target),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('writes each table in one slice', () => {
    const writers = new Map<string, Set<string>>()
    for (const path of listSources().filter(
      (source) => source.startsWith('packages/server/src/') && !isTest(source),
    )) {
      const slice = sliceOf(path)
      if (slice === undefined) continue
      const text = readFileSync(join(ROOT, path), 'utf8')
      const written = text.matchAll(
        /(?:insertInto|updateTable|deleteFrom)\('([a-z_]+)|\b(?:insert into|delete from|^\s*update)\s+([a-z_]+)\b/gm,
      )
      for (const match of written) {
        const table = match[1] ?? match[2] ?? ''
        writers.set(table, (writers.get(table) ?? new Set()).add(slice))
      }
    }
    const shared = [...writers]
      .filter(([, slices]) => slices.size > 1)
      .map(([table, slices]) => `${table}: ${[...slices].join(', ')}`)
    // Still to be cut.
    expect(shared).toEqual(['device: devices, imports'])
  })
})
