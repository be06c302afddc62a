import type { BulkActName, BulkActTerms } from '@sanad/protocol/operator-api/bulk-acts'
import { requireCommandBody } from '@sanad/protocol/domain/commands'
import { operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { type CommandMany, commandMany, openOrder } from '../commands/command-many.ts'
import { actOnMany } from '../devices/act-on-many.ts'
import type { WhenTrustEnds } from '../devices/operator-acts.ts'
import { moveToGroup } from '../groups/group-registry.ts'
import type { WorkedOff } from '../devices/worked-off.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { RotationOrders } from '../rotation/rotation-orders.ts'

/** How each act on many is done to a part of its devices, in the transaction of that part. */

export interface OrderedAct {
  readonly bulkActId: string
  readonly terms: BulkActTerms
  readonly note: string | undefined
  readonly operatorId: string
  /** As counted when it was ordered. */
  readonly devices: number
}

interface Performer {
  /** Devices of one part: what they hold is locked until its commit, and device messages wait for it. */
  readonly atOnce: number
  /** In the transaction that orders the act. It records, so it comes last. */
  readonly open?: (tx: DatabaseTransaction, act: OrderedAct, digest: Buffer) => Promise<void>
  /** @param from how many devices were worked off before */
  readonly work: (
    tx: DatabaseTransaction,
    act: OrderedAct,
    deviceIds: readonly string[],
    from: number,
  ) => Promise<WorkedOff>
  /** In the transaction in which the act ends, however it ends. */
  readonly close?: (tx: DatabaseTransaction, bulkActId: string) => Promise<void>
}

export type Performers = Readonly<Record<BulkActName, Performer>>

export interface PerformersOptions {
  readonly whenTrustEnds: WhenTrustEnds
  readonly rotationOrders: Pick<RotationOrders, 'open' | 'addTo' | 'close'>
  readonly clock: () => number
}

/** An end of trust writes five rows for each device, the others one or two. */
const FEW = 100
const SOME = 250
const MANY = 1_000

export function makePerformers({
  whenTrustEnds,
  rotationOrders,
  clock,
}: PerformersOptions): Performers {
  const life = (act: 'suspend' | 'resume' | 'deregister' | 'block', atOnce: number): Performer => ({
    atOnce,
    work: (tx, { terms, operatorId }, deviceIds) => {
      const { reason } = terms
      if (reason === undefined) throw missing('reason')
      const actor = operatorActor(operatorId)
      return actOnMany(tx, deviceIds, { act, reason, actor, at: clock() }, whenTrustEnds)
    },
  })
  return {
    suspend: life('suspend', SOME),
    resume: life('resume', SOME),
    deregister: life('deregister', FEW),
    block: life('block', FEW),
    'assign-group': {
      atOnce: MANY,
      work: (tx, { terms: { groupId }, operatorId }, deviceIds) => {
        if (groupId === undefined) throw missing('groupId')
        const target = groupId === 'none' ? null : groupId
        return moveToGroup(tx, target, deviceIds, operatorActor(operatorId))
      },
    },
    'rotate-key': rotation(rotationOrders),
    'send-command': commands(clock),
  }
}

function rotation(orders: PerformersOptions['rotationOrders']): Performer {
  return {
    atOnce: MANY,
    open: (tx, { bulkActId: orderId, terms, note, operatorId, devices }, requestSha256) => {
      const { reason, withinHours } = terms
      if (reason === undefined) throw missing('reason')
      const order = {
        orderId,
        reason,
        ...(note !== undefined && { note }),
        ...(withinHours !== undefined && { withinHours }),
      }
      return orders.open(tx, order, { devices, requestSha256 }, operatorId)
    },
    work: (tx, { bulkActId }, deviceIds, from) => orders.addTo(tx, bulkActId, deviceIds, from),
    close: (tx, bulkActId) => orders.close(tx, bulkActId),
  }
}

function commands(clock: () => number): Performer {
  const describe = ({ bulkActId, terms, operatorId }: OrderedAct): CommandMany => {
    const { command, lifeHours } = terms
    if (command === undefined) throw missing('command')
    requireCommandBody(command.type, command.body)
    const life = lifeHours === undefined ? {} : { lifeHours }
    return { orderId: bulkActId, command, ...life, operatorId, at: clock() }
  }
  return {
    atOnce: SOME,
    open: (tx, act, digest) => openOrder(tx, describe(act), digest),
    work: (tx, act, deviceIds) => commandMany(tx, deviceIds, describe(act)),
  }
}

const missing = (name: keyof BulkActTerms): SanadError =>
  new SanadError('request.malformed', `body/${name}`)
