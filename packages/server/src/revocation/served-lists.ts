import Type from 'typebox'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { sendBytes } from '../platform/send-bytes.ts'
import { type HeldList, HeldLists } from './held-lists.ts'
import { SIGN_AGAIN_AFTER_MS } from './list-terms.ts'
import './revocation-tables.ts'

/** Lists as verifiers fetch them: for anyone, at the address that certificates name. */

export interface ServedListsOptions {
  readonly database: Database
  readonly clock: Clock
  /** How long a list may be served after the next one was made, milliseconds. */
  readonly knownForMs?: number
}

const ListParams = Type.Object({ crlName: Type.String(), shard: Type.String() })

const CRL_NAME = /^[0-9a-f]{16}$/
/** At most four digits: what PostgreSQL takes for an integer, in any case. */
const SHARD = /^(?:0|[1-9][0-9]{0,3})$/

/** While the next list is late, it is worth asking again soon. */
const SHORTEST_AGE_SECONDS = 30

export function servedLists({ database, clock, knownForMs }: ServedListsOptions) {
  const lists = new HeldLists(database, knownForMs)

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/crl/:crlName/:shard.crl',
      { schema: { params: ListParams } },
      async (request, reply) => {
        const { crlName, shard } = request.params
        const held = readEntityTags(request.headers['if-none-match'])
        const isName = CRL_NAME.test(crlName) && SHARD.test(shard)
        const list = isName ? await lists.find(crlName, Number(shard)) : undefined
        if (list === undefined) throw new SanadError('request.not-found')
        reply
          .header('etag', `"${list.sha256}"`)
          .header('last-modified', list.thisUpdate.toUTCString())
          .header('cache-control', `public, max-age=${secondsToNext(list, clock())}`)
        if (held.includes(list.sha256)) return reply.status(304).send()
        // RFC 5280 §4.2.1.13, RFC 2585 §4.2
        return sendBytes(reply.type('application/pkix-crl'), await lists.read(list))
      },
    )
  }
}

/** RFC 9110 §13.1.2: a list of entity tags, compared weakly; `*` is of no use to a verifier. */
const readEntityTags = (header = ''): string[] =>
  [...header.slice(0, 1000).matchAll(/"([0-9a-f]{64})"/g)].map(([, tag = '']) => tag)

function secondsToNext({ thisUpdate }: HeldList, now: number): number {
  const left = (thisUpdate.getTime() + SIGN_AGAIN_AFTER_MS - now) / 1000
  return Math.min(Math.max(Math.floor(left), SHORTEST_AGE_SECONDS), SIGN_AGAIN_AFTER_MS / 1000)
}
