import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './revocation-tables.ts'

/**
 * The published lists, in memory: anyone may ask for them, as often as they like, and the database is asked once a
 * second which ones there are. A name that is not among them costs nothing.
 */

export interface HeldList {
  readonly crlName: string
  readonly shard: number
  readonly sha256: string
  readonly thisUpdate: Date
}

/** A verifier keeps a list for an hour: a second more or less is nothing to it. */
const KNOWN_FOR_MS = 1_000
/** Lists of a million devices, each certificate with a reason, are half of that. */
const MOST_BYTES = 64 * 1024 * 1024

type Index = ReadonlyMap<string, HeldList>

export class HeldLists {
  readonly #database: Database
  readonly #knownForMs: number
  #index: { readonly at: number; readonly lists: Promise<Index> } | undefined
  /** By digest, in the order of last use. */
  readonly #bytes = new Map<string, Buffer>()
  readonly #reading = new Map<string, Promise<Buffer>>()
  #held = 0

  constructor(database: Database, knownForMs = KNOWN_FOR_MS) {
    this.#database = database
    this.#knownForMs = knownForMs
  }

  async find(crlName: string, shard: number): Promise<HeldList | undefined> {
    return (await this.#readIndex()).get(`${crlName}/${shard}`)
  }

  /** One question to the database for each list, however many ask for it. */
  async read(list: HeldList): Promise<Buffer> {
    const held = this.#bytes.get(list.sha256)
    if (held !== undefined) {
      this.#bytes.delete(list.sha256)
      this.#bytes.set(list.sha256, held)
      return held
    }
    const reading =
      this.#reading.get(list.sha256) ??
      this.#readBytes(list).finally(() => this.#reading.delete(list.sha256))
    this.#reading.set(list.sha256, reading)
    return reading
  }

  #readIndex(): Promise<Index> {
    const now = performance.now()
    if (this.#index !== undefined && now - this.#index.at < this.#knownForMs)
      return this.#index.lists
    const lists = this.#askIndex()
    const index = { at: now, lists }
    this.#index = index
    // What failed is asked again by the next one.
    lists.catch(() => (this.#index = this.#index === index ? undefined : this.#index))
    return lists
  }

  async #askIndex(): Promise<Index> {
    const rows = await this.#database
      .selectFrom('revocation_list')
      .select(['crl_name', 'shard', 'sha256', 'this_update'])
      .execute()
    return new Map(
      rows.map((row) => [
        `${row.crl_name}/${row.shard}`,
        {
          crlName: row.crl_name,
          shard: row.shard,
          sha256: row.sha256,
          thisUpdate: row.this_update,
        },
      ]),
    )
  }

  async #readBytes({ crlName, shard, sha256 }: HeldList): Promise<Buffer> {
    const { rows } = await sql<{ readonly sha256: string; readonly der: Buffer }>`
      select sha256, der from revocation_list where crl_name = ${crlName} and shard = ${shard}`.execute(
      this.#database,
    )
    const [row] = rows
    if (row === undefined) throw new Error(`the list ${crlName}/${shard} is gone`)
    // The next one may have been made meanwhile: it is served, and not held under the name of the one before.
    if (row.sha256 === sha256) this.#hold(sha256, row.der)
    return row.der
  }

  #hold(sha256: string, der: Buffer): void {
    this.#bytes.set(sha256, der)
    this.#held += der.length
    for (const [oldest, bytes] of this.#bytes) {
      if (this.#held <= MOST_BYTES) return
      this.#bytes.delete(oldest)
      this.#held -= bytes.length
    }
  }
}
