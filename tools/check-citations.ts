import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * Every rule that the source cites must be one we have read: `RFC 5280 §4.1.2.5`, `MDS 0.9.5 › Management
 * Client, 8`. The pinned list says which sections exist; a citation outside it is a mistake or a new row.
 */

const ROOT = join(import.meta.dirname, '..')
const PINNED = JSON.parse(readFileSync(join(ROOT, 'docs', 'spec-sections.json'), 'utf8')) as {
  readonly rfc: Record<string, readonly string[]>
  readonly mds: Record<string, { readonly items: number } | { readonly items: 0 }>
  readonly x690: readonly string[]
}

const RFC = /RFC (\d{3,5}) §\s?([0-9A-Z]+(?:\.[0-9]+)*)/g
const MDS =
  /MDS (0\.9\.5|1\.0) › ([A-Z][A-Za-z ]+?)(?:, (\d+)(?: (?:and|to) (\d+))?)?(?=[:.;)\n’]| \(|$| and MF)/g
const X690 = /X\.690 §\s?([0-9.]*[0-9])/g

function listFiles(): string[] {
  const output = execFileSync(
    'git',
    [
      'ls-files',
      '--cached',
      '--others',
      '--exclude-standard',
      '*.ts',
      '*.tsx',
      '*.sql',
      'docs/*.md',
    ],
    { cwd: ROOT, encoding: 'utf8' },
  )
  return output
    .split('\n')
    .filter((path) => path !== '' && !path.startsWith('tools/check-citations'))
}

/** Comment lines are joined first, so that a citation may be broken over two. */
function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').replace(/\n\s*(?:\*|\/\/|--)\s?/g, ' ')
}

function findMistakes(path: string): string[] {
  const text = readText(path)
  const mistakes: string[] = []
  for (const [cited, rfc = '', section = ''] of text.matchAll(RFC)) {
    if (PINNED.rfc[rfc]?.includes(section) !== true) mistakes.push(cited)
  }
  for (const [cited, section = ''] of text.matchAll(X690)) {
    if (!PINNED.x690.includes(section)) mistakes.push(cited)
  }
  for (const [cited, version = '', heading = '', from, to] of text.matchAll(MDS)) {
    const items = PINNED.mds[`${version} › ${heading.trim()}`]?.items
    if (items === undefined || Number(from ?? 0) > items || Number(to ?? 0) > items)
      mistakes.push(cited)
  }
  return mistakes.map((cited) => `${path}: ${cited}`)
}

const mistakes = listFiles().flatMap(findMistakes)
for (const mistake of mistakes) process.stderr.write(`not in docs/spec-sections.json: ${mistake}\n`)
process.exitCode = mistakes.length === 0 ? 0 : 1
