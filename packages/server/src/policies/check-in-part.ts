import type { AnswerBody } from '@sanad/protocol/wire/messages'
import { DAY_SECONDS } from '@sanad/protocol/text/durations'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { SenderPart } from '../messages/senders.ts'

/** What the policy of a device has to do with its check-in. */

interface Columns {
  /** The policy given to this one device. */
  readonly devicePolicyId: string | null
}

declare module '../messages/senders.ts' {
  interface SenderColumns {
    readonly policies: Columns
  }
}

export const POLICY_OF_SENDER: SenderPart<Columns> = {
  columns: { devicePolicyId: 'a.policy_id' },
  joins: `left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id`,
}

export const answerPolicy = ({
  checkInSeconds,
  longestOfflineDays,
}: PolicySettings): Pick<
  AnswerBody<'check-in-answer'>,
  'nextCheckInSeconds' | 'longestOfflineSeconds'
> => ({
  nextCheckInSeconds: checkInSeconds,
  longestOfflineSeconds: longestOfflineDays * DAY_SECONDS,
})
