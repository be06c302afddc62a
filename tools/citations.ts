/**
 * Finds citations of rules that nobody can look up. Standards and the SBI specification are cited by the sections that
 * `docs/spec-sections.json` pins; `MF §1.3, 26` and `PN §6, 4` by section and numbered item of `docs/facts/mosip.md`
 * and `docs/facts/pki.md`; `R14` by the rules of registration.
 */

export interface Sources {
  readonly rfc: Readonly<Record<string, readonly string[]>>
  readonly x690: readonly string[]
  /** Numbered items by heading. */
  readonly mds: Readonly<Record<string, readonly string[]>>
  /** Of each page of facts, the numbered items of each section. */
  readonly facts: Readonly<Record<string, ReadonlyMap<string, ReadonlySet<string>>>>
  /** `R14-ftm-certificate-pinned` */
  readonly rules: ReadonlySet<string>
}

const RFC = /RFC (\d{3,5}) §\s?([0-9]+(?:\.[0-9]+)*)/g
const X690 = /X\.690 §\s?([0-9]+(?:\.[0-9]+)*)/g
const MDS = /MDS 0\.9\.5 › ((?:[A-Z][A-Za-z/]* ?(?:and )?)+)((?:,? ?(?:and )?\b\d+(?:\.\d+)?\b)*)/g
const FACT =
  /\b(MF|PN)((?:(?: |, | and )§\d+(?:\.\d+)*[a-z]?(?:,? (?:and |to )?\d+\b(?!\.\d))*)+| (?!§))/g
const SECTION = /§(\d+(?:\.\d+)*[a-z]?)((?:,? (?:and |to )?\d+\b(?!\.\d))*)/g
const RULE = /\bR(?:0[1-9]|[1-9]\d)\b(?:-[a-z]+)*/g

/** A page of facts: a heading begins with its section's number, and an item at the margin with its own. */
export function readFacts(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const sections = new Map<string, Set<string>>()
  let items = new Set<string>()
  for (const line of page.split('\n')) {
    const section = /^#{2,4} (\d+(?:\.\d+)*[a-z]?) /.exec(line)?.[1]
    if (section !== undefined) sections.set(section, (items = new Set()))
    const item = /^(\d+)\. /.exec(line)?.[1]
    if (item !== undefined) items.add(item)
  }
  return sections
}

/** The rules that a source file declares. */
export const readRules = (source: string): string[] =>
  [...source.matchAll(/'(R\d\d-[a-z-]+)'/g)].flatMap(([, rule]) => rule ?? [])

/** Joins the lines of a comment, so that a citation may be broken over two. */
const joinComments = (text: string): string => text.replace(/\n\s*(?:\*|\/\/|--)\s?/g, ' ')

/** @returns each citation in the text that its source does not have. */
export function findUnknownCitations(source: string, sources: Sources): string[] {
  const text = joinComments(source)
  return [
    ...findUnknownStandards(text, sources),
    ...findUnknownFacts(text, sources),
    ...findUnknownRules(text, sources),
  ]
}

function* findUnknownStandards(text: string, { rfc, x690, mds }: Sources): Generator<string> {
  for (const [cited, number = '', section = ''] of text.matchAll(RFC)) {
    if (rfc[number]?.includes(section) !== true) yield cited
  }
  for (const [cited, section = ''] of text.matchAll(X690)) {
    if (!x690.includes(section)) yield cited
  }
  for (const [cited, heading = '', items = ''] of text.matchAll(MDS)) {
    const known = mds[heading.trim()]
    const numbers = items.match(/\d+(?:\.\d+)?/g) ?? []
    if (known === undefined || numbers.some((number) => !known.includes(number))) yield cited
  }
}

function* findUnknownFacts(text: string, { facts }: Sources): Generator<string> {
  for (const [, page = '', sections = ''] of text.matchAll(FACT)) {
    if (sections === ' ') yield `${page} without a section`
    for (const [cited, section = '', items = ''] of sections.matchAll(SECTION)) {
      const known = facts[page]?.get(section)
      const numbers = items.match(/\d+/g) ?? []
      if (known === undefined || numbers.some((number) => !known.has(number))) {
        yield `${page} ${cited}`
      }
    }
  }
}

function* findUnknownRules(text: string, { rules }: Sources): Generator<string> {
  for (const [cited] of text.matchAll(RULE)) {
    const isKnown = [...rules].some((rule) => rule === cited || rule.startsWith(`${cited}-`))
    if (!isKnown) yield cited
  }
}
