import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findNearest } from '@sanad/command-line/nearest'
import type { CorpusCase } from './corpus-case.ts'

/** The corpus as it stands in this repository. */
export const CORPUS_DIRECTORY = join(import.meta.dirname, '..', '..', 'corpus')
export const CASES_DIRECTORY = join(CORPUS_DIRECTORY, 'cases')

/** Names of all cases, sorted. */
const listCaseNames = (): string[] =>
  readdirSync(CASES_DIRECTORY)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort()

/** @throws Error that names the nearest case */
export function readCase(name: string): CorpusCase {
  const names = listCaseNames()
  if (!names.includes(name)) {
    const nearest = findNearest(name, names)
    throw new Error(
      `there is no case “${name}”${nearest === undefined ? '' : `; did you mean “${nearest}”?`}`,
    )
  }
  return JSON.parse(readFileSync(join(CASES_DIRECTORY, `${name}.json`), 'utf8')) as CorpusCase
}

export const readCorpus = (): CorpusCase[] => listCaseNames().map(readCase)

/** Of the case that speaks TLS; a throw-away key like the others. */
export function readTlsIdentity(): { readonly key: string; readonly cert: string } {
  const { tls } = JSON.parse(readFileSync(join(CORPUS_DIRECTORY, 'keys.json'), 'utf8')) as {
    readonly tls: { readonly key: string; readonly certificate: string }
  }
  return { key: tls.key, cert: tls.certificate }
}
