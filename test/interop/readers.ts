import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { API_READERS } from './api-readers.ts'
import { CACHE } from './cache.ts'
import type { Exception } from './exceptions.ts'
import { readWithOpenssl } from './openssl.ts'
import { run, versionOf } from './programs.ts'
import type { Kind } from './shelf.ts'
import type { Row } from './tally.ts'

/** The programs that read everything, how each is come by, and what it has to read. */

export interface ShelvedRow extends Row {
  readonly signer: string
  readonly path: readonly string[]
}

export interface Reader {
  readonly name: string
  readonly reads: (row: ShelvedRow) => boolean
  readonly linter?: Exception['linter']
  readonly prepare: () => Prepared
}

export type Prepared =
  | { readonly skip: string }
  | {
      readonly version: string
      /** @returns lines as `tally` takes them */
      readonly read: (folder: string, rows: readonly ShelvedRow[]) => string
    }

const HERE = import.meta.dirname

const ofKinds =
  (...kinds: readonly Kind[]) =>
  ({ kind }: Row): boolean =>
    kinds.includes(kind)

/** docs/adr/0010: certificates of the former form are unreadable for Go, and for whatever is built on it. */
const isOfNow = (row: ShelvedRow): boolean =>
  row.profile !== 'former' && !row.signer.endsWith('-former')
const isJudged = (row: ShelvedRow): boolean =>
  ofKinds('certificate', 'list')(row) && row.profile !== 'former' && row.profile !== 'stand-in'

export const READERS: readonly Reader[] = [
  {
    name: 'OpenSSL',
    reads: ofKinds('certificate', 'request', 'list', 'pkcs12', 'pem'),
    prepare: () => {
      const version = versionOf(['openssl', 'version'])
      return version === undefined ? { skip: 'no openssl' } : { version, read: readWithOpenssl }
    },
  },
  {
    name: 'Go crypto/x509',
    reads: (row) =>
      isOfNow(row) &&
      ofKinds('certificate', 'request', 'list', 'jws', 'pem', 'json', 'vectors')(row),
    // Go refuses negative serial numbers since 1.23 unless it is told not to; MOSIP makes them (docs/revocation.md).
    prepare: () => prepareGo('read', { GODEBUG: 'x509negativeserial=1' }),
  },
  { name: 'zlint', reads: isJudged, linter: 'zlint', prepare: () => prepareGo('zlint', {}) },
  {
    name: 'Java',
    reads: ofKinds('certificate', 'list', 'jws', 'pkcs12'),
    prepare: () => {
      const version = versionOf(['javac', '-version'])
      if (version === undefined) return { skip: 'no JDK (javac)' }
      const program = join(HERE, 'java', 'ReadArtefacts.java')
      return { version, read: reading(['java', program]) }
    },
  },
  {
    name: 'Python cryptography',
    reads: ({ kind }) => kind !== 'api',
    prepare: () => preparePython('read_artefacts.py', 'cryptography'),
  },
  {
    name: 'pkilint',
    reads: isJudged,
    linter: 'pkilint',
    prepare: () => preparePython('lint_pkix.py', 'pkilint'),
  },
  ...API_READERS,
  {
    name: 'openapi-python-client',
    reads: ofKinds('api'),
    prepare: () => preparePython('generate_client.py', 'openapi-python-client'),
  },
]

const reading =
  (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  (folder: string): string => {
    const { ok, stdout, trouble } = run([...words, folder], { env, seconds: 180 })
    return ok ? stdout : `${stdout}\nfail\tthe program itself\tended\t${trouble}`
  }

function prepareGo(module: string, env: Readonly<Record<string, string>>): Prepared {
  const version = versionOf(['go', 'version'])
  if (version === undefined) return { skip: 'no Go' }
  const binary = join(CACHE, `go-${module}`)
  mkdirSync(CACHE, { recursive: true })
  // Go itself keeps what it built and fetched; the limit is for the first time.
  const built = run(['go', 'build', '-o', binary, '.'], {
    cwd: join(HERE, 'go', module),
    env: { GOFLAGS: '-mod=readonly' },
    seconds: 420,
  })
  if (!built.ok) return { skip: `${version} does not build it: ${built.trouble}` }
  return { version, read: reading([binary], env) }
}

const REQUIREMENTS = join(HERE, 'python', 'requirements.txt')

/** Python with all that is required. One environment for each list: a changed list gets a new one. */
export function findPython(): { readonly python: string } | { readonly skip: string } {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const environment = join(CACHE, `python-${digest}`)
  const python = join(environment, 'bin', 'python')
  const complete = join(environment, 'complete')
  if (!existsSync(complete)) {
    const made = makeEnvironment(environment, python, complete)
    if (made !== undefined) return { skip: made }
  }
  return { python }
}

function preparePython(program: string, library: string): Prepared {
  const found = findPython()
  if ('skip' in found) return found
  const { python } = found
  const about = `import sys, importlib.metadata as m; print("Python", sys.version.split()[0] + ",", "${library}", m.version("${library}"))`
  const version = versionOf([python, '-c', about])
  if (version === undefined) return { skip: 'its environment does not run' }
  return { version, read: reading([python, '-B', join(HERE, 'python', program)]) }
}

function makeEnvironment(
  environment: string,
  python: string,
  complete: string,
): string | undefined {
  mkdirSync(CACHE, { recursive: true })
  const steps = [
    ['python3', '-m', 'venv', '--clear', environment],
    [python, '-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS],
    [python, '-c', `open(${JSON.stringify(complete)}, "w").close()`],
  ]
  for (const words of steps) {
    const { ok, trouble } = run(words, { seconds: 300 })
    if (!ok) return `${words.slice(0, 4).join(' ')}: ${trouble}`
  }
  return undefined
}
