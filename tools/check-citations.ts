import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every rule that the source cites must be one we have read: `RFC 5280 §4.1.2.5`, `MDS 0.9.5 › Management
 * Client, 8`. The pinned list says which sections exist; a citation outside it is a mistake or a new row.
 */

const ROOT = join(import.meta.dirname, '..')

interface Pinned {
  readonly rfc: Record<string, readonly string[]>
  readonly x690: readonly string[]
  /** Numbered items by heading. */
  readonly mds: Record<string, readonly string[]>
}

const PINNED = JSON.parse(readFileSync(join(ROOT, 'docs', 'spec-sections.json'), 'utf8')) as Pinned

const RFC = /RFC (\d{3,5}) §\s?([0-9]+(?:\.[0-9]+)*)/g
const X690 = /X\.690 §\s?([0-9]+(?:\.[0-9]+)*)/g
const MDS = /MDS 0\.9\.5 › ((?:[A-Z][A-Za-z/]* ?(?:and )?)+)((?:,? ?(?:and )?\b\d+(?:\.\d+)?\b)*)/g

function listFiles(): string[] {
  const patterns = ['*.ts', '*.tsx', '*.sql', 'docs/*.md', 'packages/*/README.md']
  const output = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns],
    { cwd: ROOT, encoding: 'utf8' },
  )
  return output
    .split('\n')
    .filter((path) => path !== '' && !path.startsWith('tools/check-citations'))
}

/** Comment lines are joined first, so that a citation may be broken over two. */
const readText = (path: string): string =>
  readFileSync(join(ROOT, path), 'utf8').replace(/\n\s*(?:\*|\/\/|--)\s?/g, ' ')

function* findMistakes(path: string): Generator<string> {
  const text = readText(path)
  for (const [cited, rfc = '', section = ''] of text.matchAll(RFC)) {
    if (PINNED.rfc[rfc]?.includes(section) !== true) yield `${path}: ${cited}`
  }
  for (const [cited, section = ''] of text.matchAll(X690)) {
    if (!PINNED.x690.includes(section)) yield `${path}: ${cited}`
  }
  for (const [cited, heading = '', items = ''] of text.matchAll(MDS)) {
    const known = PINNED.mds[heading.trim()]
    const numbers = items.match(/\d+(?:\.\d+)?/g) ?? []
    if (known === undefined || numbers.some((number) => !known.includes(number)))
      yield `${path}: ${cited}`
  }
}

const mistakes = listFiles().flatMap((path) => [...findMistakes(path)])
for (const mistake of mistakes) process.stderr.write(`not in docs/spec-sections.json: ${mistake}\n`)
process.exitCode = mistakes.length === 0 ? 0 : 1
