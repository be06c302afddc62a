import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { OPERATION_IDS } from '../../packages/protocol/src/operator-api/operations.ts'
import { CACHE } from './cache.ts'
import { type Ran, run } from './programs.ts'
import type { Prepared, Reader } from './readers.ts'

/** What reads the description of the operator API: two linters, and a generator that makes a client of it. */

const isApi: Reader['reads'] = ({ kind }) => kind === 'api'

/** Where the programs are that npm brings. One folder for each list: a changed list gets a new one. */
interface Programs {
  readonly folder: string
  readonly bin: (name: string) => string
}

export const API_READERS: readonly Reader[] = [
  {
    name: 'redocly',
    reads: isApi,
    prepare: () => prepare('@redocly/cli', lintWithRedocly),
  },
  {
    name: 'spectral',
    reads: isApi,
    prepare: () => prepare('@stoplight/spectral-cli', lintWithSpectral),
  },
  {
    name: 'openapi-typescript',
    reads: isApi,
    prepare: () => prepare('openapi-typescript', generateTypes),
  },
]

type Read = (programs: Programs, document: string) => string | undefined

/** @param read what is wrong with the document, if anything */
function prepare(library: string, read: Read): Prepared {
  const programs = findPrograms()
  if ('skip' in programs) return programs
  return {
    version: versionOf(programs, library),
    read: (folder, rows) =>
      rows
        .map(({ name }) => {
          const fault = read(programs, join(folder, name))
          return fault === undefined ? `ok\t${name}\tread` : `fail\t${name}\tread\t${fault}`
        })
        .join('\n'),
  }
}

/** @returns its output, and the last line of it as what went wrong */
const say = ({ stdout, trouble }: Ran): string =>
  trouble || (stdout.trim().split('\n').at(-1) ?? 'it failed')

/** Every rule of its set `recommended`; a warning fails too. */
function lintWithRedocly({ bin }: Programs, document: string): string | undefined {
  const ran = run([bin('redocly'), 'lint', '--extends=recommended', '--format=json', document])
  const { totals } = JSON.parse(ran.stdout) as { totals: { errors: number; warnings: number } }
  if (totals.errors + totals.warnings === 0) return undefined
  return `${totals.errors} errors and ${totals.warnings} warnings`
}

/** Every rule of its set `oas`; a hint fails too. */
function lintWithSpectral({ bin, folder }: Programs, document: string): string | undefined {
  const rules = join(folder, 'rules.yaml')
  writeFileSync(rules, 'extends: ["spectral:oas"]\n')
  const ran = run([bin('spectral'), 'lint', '--fail-severity=hint', '--ruleset', rules, document])
  return ran.ok ? undefined : say(ran)
}

/** Types of every operation, and a program that calls one with them. */
function generateTypes({ bin }: Programs, document: string): string | undefined {
  const folder = `${document}.types`
  mkdirSync(folder, { recursive: true })
  const made = run([bin('openapi-typescript'), document, '--output', join(folder, 'api.d.ts')])
  if (!made.ok) return say(made)
  const text = readFileSync(join(folder, 'api.d.ts'), 'utf8')
  const missing = OPERATION_IDS.filter((id) => !text.includes(`operations["${id}"]`))
  if (missing.length > 0) return `no types of ${missing.join(', ')}`
  writeFileSync(join(folder, 'use.ts'), USE)
  const compiled = run([bin('tsc'), '--noEmit', '--strict', '--skipLibCheck', 'false', 'use.ts'], {
    cwd: folder,
  })
  return compiled.ok ? undefined : say(compiled)
}

/** Right and wrong uses: the second must not compile. */
const USE = `import type { components, operations } from './api'

type Body<Id extends keyof operations> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer B } }
}
  ? B
  : never

export const suspension: Body<'suspendDevice'> = { reason: 'lost' }
// @ts-expect-error: no such reason
export const whim: Body<'suspendDevice'> = { reason: 'a whim' }
export const stateOf = (device: components['schemas']['DeviceView']): string => device.state
`

const LIST = join(import.meta.dirname, 'node')

function findPrograms(): Programs | { readonly skip: string } {
  const lock = readFileSync(join(LIST, 'package-lock.json'))
  const digest = createHash('sha256').update(lock).digest('hex').slice(0, 12)
  const folder = join(CACHE, `node-${digest}`)
  const complete = join(folder, 'complete')
  if (!existsSync(complete)) {
    mkdirSync(folder, { recursive: true })
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(join(LIST, name), join(folder, name))
    const installed = run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      seconds: 300,
    })
    if (!installed.ok) return { skip: `npm ci: ${installed.trouble}` }
    writeFileSync(complete, '')
  }
  return { folder, bin: (name) => join(folder, 'node_modules', '.bin', name) }
}

function versionOf({ folder }: Programs, library: string): string {
  const path = join(folder, 'node_modules', library, 'package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
