import { isUuid } from '@sanad/protocol/text/uuid'

/**
 * What the address of a page may say: each name with a reader of its values.
 *
 * People type addresses, and keep links of older versions. What a page does not know is left out and named; it never
 * reaches the server, which would refuse the whole list because of it.
 */
export type ReadPart<Value> = (raw: unknown) => Value | undefined
export type SearchSchema = Readonly<Record<string, ReadPart<unknown>>>

export type SearchOf<S extends SearchSchema> = {
  readonly [Name in keyof S]?: NonNullable<ReturnType<S[Name]>>
}

/** A part of the address that was left out: a value that its name does not take, or a name that the page does not know. */
export interface WrongPart {
  readonly name: string
  readonly value: string
  readonly isKnownName: boolean
}

export interface CheckedSearch<S extends SearchSchema> {
  readonly search: SearchOf<S>
  readonly wrong: readonly WrongPart[]
}

export function checkSearch<S extends SearchSchema>(
  schema: S,
  raw: Readonly<Record<string, unknown>>,
): CheckedSearch<S> {
  const wrong: WrongPart[] = []
  const known: [string, unknown][] = []
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || value === '') continue
    const read = Object.hasOwn(schema, name) ? schema[name] : undefined
    const part = read?.(value)
    if (part === undefined)
      wrong.push({ name, value: inWords(value), isKnownName: read !== undefined })
    else known.push([name, part])
  }
  // A page has a number only behind a place: without one it is the first.
  const search = Object.fromEntries(known)
  if (search['page'] !== undefined && search['after'] === undefined) {
    wrong.push({ name: 'page', value: inWords(search['page']), isKnownName: true })
    delete search['page']
  }
  // Each part was read by the reader of its name.
  return { search: search as SearchOf<S>, wrong }
}

const LONGEST_SHOWN = 60

/** As it stood in the address, short enough for a sentence. */
function inWords(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}

/** Free words, at most so many characters. */
export const words =
  (longest: number): ReadPart<string> =>
  (raw) => {
    // `q=true` and `q=123` are words, whatever a reader of addresses makes of them.
    const text = typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : raw
    if (typeof text !== 'string' || text.trim() === '' || text.length > longest) return undefined
    // A character without a shape is in no name that could be found; PostgreSQL takes no NUL.
    return /\p{Cc}|\p{Cs}/u.test(text) ? undefined : text
  }

/** Of a form; which of its texts exist is for the page to say. */
export const matching =
  (form: RegExp): ReadPart<string> =>
  (raw) =>
    typeof raw === 'string' && form.test(raw) ? raw : undefined

export const oneOf =
  <const T extends string>(choices: readonly T[]): ReadPart<T> =>
  (raw) =>
    choices.find((choice) => choice === raw)

/** One or several, in the order of the choices; a single wrong one makes all of it wrong. */
export const severalOf =
  <const T extends string>(choices: readonly T[]): ReadPart<readonly T[]> =>
  (raw) => {
    const wanted = [raw].flat()
    const known = choices.filter((choice) => wanted.includes(choice))
    return known.length > 0 && wanted.every((each) => choices.some((choice) => choice === each))
      ? known
      : undefined
  }

export const uuid: ReadPart<string> = (raw) =>
  typeof raw === 'string' && isUuid(raw) ? raw : undefined

/** `?add=true`: there or not. */
export const flag: ReadPart<true> = (raw) => (raw === true || raw === 'true' ? true : undefined)

const LONGEST_CURSOR = 512

const cursor: ReadPart<string> = (raw) =>
  typeof raw === 'string' && raw.length <= LONGEST_CURSOR && /^[A-Za-z0-9_-]+$/.test(raw)
    ? raw
    : undefined

/** What comes behind the first page: a number only for people. */
const pageNumber: ReadPart<number> = (raw) => {
  const page = Number(raw)
  return Number.isSafeInteger(page) && page > 1 ? page : undefined
}

/** What addresses of lists say beside their filters. */
export const CURSOR_PARTS = { after: cursor, page: pageNumber } as const
export type CursorSearch = SearchOf<typeof CURSOR_PARTS>
