import { OPERATIONS_FOR_TWO } from '@sanad/protocol/operator-api/operation-routes'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import { BULK_ACTS } from '@sanad/protocol/operator-api/bulk-acts'
import { CHECK_NAMES, type CheckName } from '@sanad/protocol/operator-api/checks'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import { COMMAND_FAILURES, type CommandFailure } from '@sanad/protocol/domain/command-report'
import type { EventData } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import type { TFunction } from 'i18next'
import { isolate } from '../i18n/isolate.ts'
import { problemTitle } from '../i18n/problem-text.ts'
import { calendarDay } from '../i18n/time.ts'
import { shortenMiddle } from '../ui/shorten.ts'

/** The parts of a sentence that come from the event. */
export type Parts = Record<string, string | number>

/** Of ids that the data have: what they are called now. */
export type Names = Readonly<Record<string, string>>
type Kind =
  | 'model'
  | 'policy'
  | 'group'
  | 'webhook'
  | 'ftm-provider'
  | 'provider-certificate'
  | 'operator'
  | 'device'
  | 'import'

/** “the policy “Slow links””; where it is gone, “a policy”: an id says nothing to a person. */
export function nounOf(t: TFunction, kind: Kind, id: string | undefined, names: Names): string {
  const name = id === undefined ? undefined : names[id]
  return name === undefined
    ? t(`events.name.${kind}`)
    : t(`events.name.${kind}-named`, { name: isolate(name) })
}

export const subject = (t: TFunction, kind: Kind, id: string | undefined, names: Names): Parts => ({
  subject: nounOf(t, kind, id, names),
})

/** An event about an account has its name of then, even where the account is gone. */
export function account(
  t: TFunction,
  { operatorId, name }: { readonly operatorId: string; readonly name?: string },
  names: Names,
): Parts {
  return name === undefined
    ? subject(t, 'operator', operatorId, names)
    : { subject: t('events.name.operator-named', { name: isolate(name) }) }
}

export function policyGiven(
  t: TFunction,
  { policyId, scope, targetId }: EventData<'policy.assigned'>,
  names: Names,
): Parts {
  const target = scope === 'fleet' ? t('events.scope.fleet') : nounOf(t, scope, targetId, names)
  return { ...subject(t, 'policy', policyId, names), scope: target }
}

export const reason = (t: TFunction, data: { reason: Reason }): Parts => ({
  reason: t(`reasons.${data.reason}`),
})
export const nothing = (): Parts => ({})
export const short = (hash: string): string => shortenMiddle(hash, 17)
export const day = (iso: string): string => calendarDay(iso)
const CHECK_TITLES: ReadonlySet<string> = new Set(CHECK_NAMES)

const COMMAND_NAMES: ReadonlySet<string> = new Set(COMMAND_TYPES)
const FAILURE_NAMES: ReadonlySet<string> = new Set(COMMAND_FAILURES)

// The record keeps the type by name; one of another version of the server is shown as it is.
export const commandName = (t: TFunction, type: string): string =>
  COMMAND_NAMES.has(type) ? t(`events.command-type.${type as CommandType}`) : type
export const bulkActName = (t: TFunction, act: string): string => {
  const known = BULK_ACTS.find((name) => name === act)
  return known === undefined ? act : t(`events.bulk-act.act.${known}`)
}
export const failureOf = (t: TFunction, failure: string | undefined): string =>
  failure !== undefined && FAILURE_NAMES.has(failure)
    ? t(`events.command-failure.${failure as CommandFailure}`)
    : t('events.command-failure.failed')
export const named = (t: TFunction, { commandType }: { commandType: string }): Parts => ({
  command: commandName(t, commandType),
})

export const checkName = (t: TFunction, check: string): string =>
  CHECK_TITLES.has(check) ? t(`findings.check.${check as CheckName}`) : check

export const refusal = (t: TFunction, data: { code: string; serialNo?: string }): Parts => ({
  why: problemTitle(t, data.code),
  serial: data.serialNo ?? '',
})

const OPERATIONS: ReadonlySet<string> = new Set(OPERATIONS_FOR_TWO)
/** The record keeps the operation by name; one of another version of the server is shown as it is. */
export const operationOf = (
  t: TFunction,
  { operation }: { readonly operation: string },
): Parts => ({
  operation: OPERATIONS.has(operation)
    ? t(`proposals.operation.${operation as ForTwo}`)
    : operation,
})

export const proposerOf = (
  t: TFunction,
  data: { readonly operation: string; readonly proposedBy: string },
  names: Names,
): Parts => ({
  ...operationOf(t, data),
  proposer: nounOf(t, 'operator', data.proposedBy, names),
})
