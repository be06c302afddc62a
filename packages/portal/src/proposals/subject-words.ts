import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import { BULK_ACTS } from '@sanad/protocol/operator-api/bulk-acts'
import type { ProposalSummary } from '@sanad/protocol/operator-api/proposals'
import type { TFunction } from 'i18next'

/** What a proposal is about: a name as the server gave it, or a word of the API in the words of people. */
export function subjectWords(
  t: TFunction,
  { operation, subject }: Pick<ProposalSummary, 'operation' | 'subject'>,
): string | null {
  const act = BULK_ACTS.find((one) => one === subject)
  if (operation === 'orderBulkAct' && act !== undefined) return t(`bulk.act.${act}.name`)
  const type = COMMAND_TYPES.find((one) => one === subject)
  if (operation === 'orderCommand' && type !== undefined) return t(`commands.type.${type}`)
  const isOfFleet = operation === 'assignPolicy' && subject === 'fleet'
  return isOfFleet ? t('policies.scope.fleet') : subject
}
