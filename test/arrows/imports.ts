import { dirname, normalize } from 'node:path'
import { type Source, packageOf, sliceOf } from './sources.ts'

export interface Import {
  readonly from: string
  /** A path from the root where it is relative, else as it is written. */
  readonly target: string
}

const IMPORT = /^(?:import|export)\b[^'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm

export function readImports({ path: from, text }: Source): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, named, dynamic]) => {
    const specifier = named ?? dynamic ?? ''
    const target = specifier.startsWith('.') ? normalize(join(from, specifier)) : specifier
    return { from, target }
  })
}

const join = (from: string, specifier: string): string => `${dirname(from)}/${specifier}`

export const show = ({ from, target }: Import): string => `${from} → ${target}`

/** The slices of a package, lowest first. Slices of one rank do not know one another. */
export type Ranks = readonly (readonly string[])[]

export const rankOf = (ranks: Ranks, slice: string): number =>
  ranks.findIndex((rank) => rank.includes(slice))

/** An arrow between two slices of a package, and the import that draws it. */
export interface UpwardImport {
  /** `from → target`, of slices. */
  readonly arrow: string
  readonly at: Import
}

/** Those slices that have no rank. */
export function findUnranked(
  sources: readonly Source[],
  name: string,
  ranks: Ranks,
): readonly string[] {
  const slices = new Set(ofPackage(sources, name).flatMap(({ path }) => sliceOf(path) ?? []))
  return [...slices].filter((slice) => rankOf(ranks, slice) < 0)
}

/** Imports between slices of one package that do not go down. */
export function findUpwardImports(
  sources: readonly Source[],
  name: string,
  ranks: Ranks,
): readonly UpwardImport[] {
  return ofPackage(sources, name)
    .flatMap(readImports)
    .flatMap((at) => {
      const [above, below] = [sliceOf(at.from), sliceOf(inPackage(at.target))]
      const isWithin = packageOf(at.target) === name && above !== below
      if (!isWithin || above === undefined || below === undefined) return []
      if (rankOf(ranks, above) > rankOf(ranks, below)) return []
      return [{ arrow: `${above} → ${below}`, at }]
    })
}

const ofPackage = (sources: readonly Source[], name: string): readonly Source[] =>
  sources.filter(({ path }) => path.startsWith(`packages/${name}/src/`))

/** `@sanad/protocol/text/problems` is a file below `src` too. */
const inPackage = (target: string): string =>
  target.replace(/^@sanad\/([a-z-]+)\//, 'packages/$1/src/')
