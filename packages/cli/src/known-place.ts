import { readFile, rename, writeFile } from 'node:fs/promises'

/**
 * The cookie by which the server knows that this operator signed in from here before, and does not let strangers who
 * guess hold them off. It stays after `sign-out`, and opens nothing.
 */
interface KnownPlace {
  /** Of the session; this file is beside it. */
  readonly path: string
  readonly server: string
  readonly name: string
}

type Known = Readonly<Record<string, string>>

const fileOf = ({ path }: KnownPlace): string => `${path}.known`
const keyOf = ({ server, name }: KnownPlace): string => `${server} ${name}`

/** Undefined where there is none, or it cannot be read: then this is a stranger’s place. */
export async function loadKnown(place: KnownPlace): Promise<string | undefined> {
  const cookie = (await readAll(place))[keyOf(place)]
  return typeof cookie === 'string' ? cookie : undefined
}

export async function saveKnown(place: KnownPlace, cookie: string): Promise<void> {
  const all: Known = { ...(await readAll(place)), [keyOf(place)]: cookie }
  const draft = `${fileOf(place)}.${process.pid}`
  await writeFile(draft, JSON.stringify(all), { mode: 0o600 })
  await rename(draft, fileOf(place))
}

async function readAll(place: KnownPlace): Promise<Known> {
  try {
    return JSON.parse(await readFile(fileOf(place), 'utf8')) as Known
  } catch {
    return {}
  }
}
