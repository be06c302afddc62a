import type { FollowerList, FollowerView } from '@sanad/protocol/operator-api/followers'
import type { Database } from '../platform/database.ts'
import { instantOrNull } from '../platform/instant.ts'
import { serve } from '../platform/serve.ts'
import { failureSentence } from './failure-sentence.ts'
import { type PlaceInRecord, readPlaces, stateOf } from './follower-places.ts'

export interface FollowersRoutesOptions {
  readonly database: Database
  /** What operators called them, by the name of the place. */
  readonly nameFollowers: () => Promise<ReadonlyMap<string, string>>
}

export const followersRoutes = ({ database, nameFollowers }: FollowersRoutesOptions) =>
  serve({
    listFollowers: async (): Promise<FollowerList> => {
      const [{ head, places }, labels] = await Promise.all([readPlaces(database), nameFollowers()])
      return { head, items: places.map((place) => viewOf(place, labels.get(place.name) ?? null)) }
    },
  })

const viewOf = (place: PlaceInRecord, label: string | null): FollowerView => ({
  name: place.name,
  label,
  state: stateOf(place),
  place: place.last_seq,
  behind: place.behind,
  lastSuccessAt: instantOrNull(place.last_taken_at),
  failures: place.failures,
  failingSince: instantOrNull(place.failing_since),
  lastFailure:
    place.last_failure === null
      ? null
      : { code: place.last_failure, sentence: failureSentence(place.last_failure) },
  nextAttemptAt: instantOrNull(place.next_attempt_at),
})
