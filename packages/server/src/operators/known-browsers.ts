import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { foldName } from './guess-ledger.ts'

/**
 * By which cookie an account’s own browser is known: given after a sign-in, signed, and good for nothing but to be
 * counted apart from strangers (OWASP, "Slow down online guessing attacks with device cookies").
 *
 * The key stands in the database: who reads it has the hashes of the passwords too, which are guessed faster.
 */

const KEY_BYTES = 32
const ID_BYTES = 16
/** RFC 6265bis §5.5: browsers keep no cookie for longer. */
export const BROWSER_KNOWN_DAYS = 400
const KNOWN_MS = BROWSER_KNOWN_DAYS * DAY_MS
const FORM = /^([\w-]{22})\.(\d{13})\.([\w-]{43})$/

export class KnownBrowsers {
  readonly #database: Database
  readonly #clock: Clock
  #key: Promise<Buffer> | undefined

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The cookie’s value for a browser in which `name` has signed in; its id stays. */
  async remember(name: string, browserId?: string): Promise<string> {
    const id = browserId ?? randomBytes(ID_BYTES).toString('base64url')
    const at = String(this.#clock()).padStart(13, '0')
    return `${id}.${at}.${await this.#sign(name, id, at)}`
  }

  /** The browser’s id; undefined for a cookie that is another account’s, too old, or not ours. */
  async recognise(name: string, cookie: string | undefined): Promise<string | undefined> {
    const [, id, at, mac] = FORM.exec(cookie ?? '') ?? []
    if (id === undefined || at === undefined || mac === undefined) return undefined
    const expected = Buffer.from(await this.#sign(name, id, at))
    if (!timingSafeEqual(expected, Buffer.from(mac))) return undefined
    return this.#clock() - Number(at) < KNOWN_MS ? id : undefined
  }

  async #sign(name: string, id: string, at: string): Promise<string> {
    this.#key ??= this.#readKey().catch((error: unknown) => {
      this.#key = undefined
      throw error
    })
    const text = ['sanad-known-browser', foldName(name), id, at].join('\n')
    return createHmac('sha256', await this.#key)
      .update(text)
      .digest('base64url')
  }

  /** Server processes that share a database share the key. */
  async #readKey(): Promise<Buffer> {
    await this.#database
      .insertInto('operator_browser_key')
      .values({ key: randomBytes(KEY_BYTES) })
      .onConflict((oc) => oc.doNothing())
      .execute()
    const row = await this.#database
      .selectFrom('operator_browser_key')
      .select('key')
      .executeTakeFirstOrThrow()
    return Buffer.from(row.key)
  }
}
