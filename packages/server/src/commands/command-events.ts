import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { CommandFailure } from '@sanad/protocol/domain/command-report'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'

/** The events of commands, in one spelling. */

export interface CommandSubject {
  readonly commandId: string
  readonly deviceId: string
  readonly type: CommandType
}

type PlainEvent = 'command.expired' | 'command.cancelled' | 'command.succeeded'

export const describeEnd = (
  type: PlainEvent,
  actor: Actor,
  { commandId, deviceId, type: commandType }: CommandSubject,
): NewEvent => ({ type, actor, deviceId, data: { commandId, commandType } })

export const describeOrder = (
  actor: Actor,
  { commandId, deviceId, type: commandType }: CommandSubject,
  campaignId?: string,
): NewEvent => ({
  type: 'command.ordered',
  actor,
  deviceId,
  data: { commandId, commandType, ...(campaignId !== undefined && { campaignId }) },
})

export interface Outcome {
  readonly state: 'succeeded' | 'failed' | 'refused'
  readonly failure: CommandFailure | undefined
  /** The server had given up on it. */
  readonly isLate: boolean
}

export function describeOutcome(
  actor: Actor,
  { commandId, deviceId, type: commandType }: CommandSubject,
  { state, failure, isLate }: Outcome,
): NewEvent {
  const data = { commandId, commandType, ...(isLate && { isLate }) }
  if (state === 'succeeded') return { type: 'command.succeeded', actor, deviceId, data }
  return {
    type: `command.${state}`,
    actor,
    deviceId,
    data: { ...data, ...(failure !== undefined && { failure }) },
  }
}
