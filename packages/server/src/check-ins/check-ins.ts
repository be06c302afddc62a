import { readBody } from '@sanad/protocol/wire/envelope/request'
import type { NewEvent } from '@sanad/protocol/domain/events'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { AnswerBody, RequestBody } from '@sanad/protocol/wire/messages'
import type pg from 'pg'
import { holdDevices } from '../devices/suspend-devices.ts'
import { type Answer, refuseState } from '../messages/answers.ts'
import type { AuthenticRequest } from '../messages/authenticate.ts'
import { type Confirmations, type Successor, isSuccessor } from '../messages/confirmations.ts'
import { digestPayload } from '../messages/replay.ts'
import type { SenderRecord } from '../messages/senders.ts'
import type { BatchHandler, TakenMessage } from '../messages/taken-messages.ts'
import { type PresenceRow, writePresences } from '../messages/write-presences.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { requireStorableText } from '../platform/storable-text.ts'
import type { PolicyBook } from '../policies/policy-book.ts'
import { recordEvents } from '../record/record-events.ts'
import { type ArrivedFacts, mergeFacts } from '../telemetry/facts-store.ts'
import { type InspectedFacts, eventsOfLeaks, inspectFacts } from '../telemetry/inspect-facts.ts'
import { type InspectedInformation, inspectInformation } from '../telemetry/inspect-information.ts'
import {
  type HostMove,
  type MovedDevice,
  isSuspending,
  judgeHost,
  recordMoves,
} from './host-move.ts'
import { eventsOfChanges } from './presence-changes.ts'

/**
 * Takes check-ins, all of a batch in one statement and one flush to disk. What changes something is an event, in one
 * transaction with the rest of its batch.
 */

export type CheckInAnswer = AnswerBody<'check-in-answer'>

/** Of a registered device that is where it was: put together out of the parts of the slices. */
export type WriteAnswer = (sender: SenderRecord, settings: PolicySettings) => CheckInAnswer

export interface CheckInsOptions {
  readonly pool: pg.Pool
  readonly database: Database
  readonly clock: Clock
  readonly policies: PolicyBook
  readonly writeAnswer: WriteAnswer
  readonly confirmations: Confirmations
}

/** Ready to take effect. */
interface Ready {
  readonly sender: SenderRecord
  readonly told: InspectedInformation
  readonly facts: InspectedFacts | undefined
  readonly row: PresenceRow
  readonly answer: Answer
  /** To another host, if so. */
  readonly move: HostMove | undefined
}

/** What goes on record with a batch. */
interface Changes {
  readonly successors: readonly Successor[]
  readonly moved: readonly MovedDevice[]
  readonly facts: readonly ArrivedFacts[]
  readonly events: readonly (NewEvent & { deviceId: string })[]
}

export class CheckIns implements BatchHandler {
  readonly #options: CheckInsOptions

  constructor(options: CheckInsOptions) {
    this.#options = options
  }

  /** @throws SanadError `database.unavailable` */
  async takeAll(
    messages: readonly TakenMessage[],
  ): Promise<readonly (Answer | Error | undefined)[]> {
    const judged = messages.map((message) => this.#judge(message))
    const ready = judged.filter((one): one is Ready => !(one instanceof Error))
    const written = ready.length === 0 ? new Set<string>() : await this.#write(ready)
    return judged.map((one) => {
      if (one instanceof Error) return one
      return written.has(one.sender.deviceId) ? one.answer : undefined
    })
  }

  /** @returns why it has no effect, where that is so: the others of its batch have theirs */
  #judge(message: TakenMessage): Ready | Error {
    try {
      return this.#prepare(message)
    } catch (error) {
      return error instanceof Error
        ? error
        : new Error('a check-in was not judged', { cause: error })
    }
  }

  #prepare({ request, sender }: TakenMessage): Ready {
    const body = readBody('check-in', request)
    requireStorableText(body.deviceInformation, 'message.body-refused')
    requireStorableText(body.facts, 'message.body-refused')
    const now = this.#options.clock()
    const told = inspectInformation(body.deviceInformation)
    const { settings } = this.#options.policies.policyOf(sender)
    const move =
      sender.state === 'registered'
        ? judgeHost(sender, body.installation, settings, now)
        : undefined
    const answer = this.#answer(sender, settings, move)
    const kept = { ...body, deviceInformation: told.information }
    const row = toRow(request, sender, kept, answer, move === undefined ? null : now)
    return { sender, told, facts: factsOf(sender, body), answer, row, move }
  }

  #answer(sender: SenderRecord, settings: PolicySettings, move: HostMove | undefined): Answer {
    if (sender.state !== 'registered') return refuseState(sender)
    if (move !== undefined && move !== 'recorded')
      return refuseState({ ...sender, state: 'suspended' })
    return { type: 'check-in-answer', body: this.#options.writeAnswer(sender, settings) }
  }

  /** @returns the devices whose check-in took effect */
  async #write(ready: readonly Ready[]): Promise<ReadonlySet<string>> {
    const events = ready.flatMap(({ sender, told, facts }) => [
      ...eventsOfChanges(sender, told.information),
      ...eventsOfLeaks(sender.deviceId, told),
      ...(facts === undefined ? [] : eventsOfLeaks(sender.deviceId, facts)),
    ])
    const facts = ready.flatMap(({ sender: { deviceId }, facts: told }) =>
      told === undefined ? [] : { deviceId, facts: told.facts },
    )
    const successors = ready.map(({ sender }) => sender).filter(isSuccessor)
    const rows = ready.map(({ row }) => row)
    const moved = ready.flatMap(({ sender: { deviceId }, move }) =>
      move === undefined ? [] : { deviceId, move },
    )
    const isPlain = [events, successors, moved, facts].every(({ length }) => length === 0)
    return isPlain
      ? writePresences(this.#options.pool, rows)
      : this.#writeWithEvents(rows, { successors, moved, facts, events })
  }

  /** What changes goes on record in the transaction of the change. */
  #writeWithEvents(
    rows: readonly PresenceRow[],
    { successors, moved, facts, events }: Changes,
  ): Promise<ReadonlySet<string>> {
    const { database, confirmations, clock } = this.#options
    return database.transaction().execute(async (tx) => {
      // Devices before their presence, as registrations lock them.
      await holdDevices(tx, moved.filter(isSuspending).map(idOf))
      const waits = await confirmations.hold(tx, successors)
      // Revoked or confirmed since it was looked up: judged again.
      const changed = new Set(
        successors.flatMap(({ deviceId }) => (waits.has(deviceId) ? [] : deviceId)),
      )
      const written = await writePresences(
        tx,
        rows.filter(({ deviceId }) => !changed.has(deviceId)),
      )
      const confirmed = await confirmations.confirm(
        tx,
        successors.filter(({ deviceId }) => written.has(deviceId)),
      )
      const isWritten = ({ deviceId }: { readonly deviceId: string }) => written.has(deviceId)
      await mergeFacts(tx, facts.filter(isWritten), clock())
      const moves = await recordMoves(tx, moved.filter(isWritten))
      await recordEvents(tx, [...confirmed, ...events.filter(isWritten), ...moves])
      return written
    })
  }
}

/** Rare: a check-in tells only of changes. Of a device that may not act, nothing is taken over. */
const factsOf = (
  { state }: SenderRecord,
  { facts }: RequestBody<'check-in'>,
): InspectedFacts | undefined =>
  facts === undefined || state !== 'registered' ? undefined : inspectFacts(facts)

const idOf = ({ deviceId }: { readonly deviceId: string }): string => deviceId

function toRow(
  request: AuthenticRequest,
  { deviceId, state }: SenderRecord,
  { deviceInformation, installation, certificateInUse }: RequestBody<'check-in'>,
  answer: Answer,
  movedAt: number | null,
): PresenceRow {
  const { seq, mid } = request.envelope
  return {
    deviceId,
    seq,
    mid,
    payloadSha256: digestPayload(request),
    answerType: answer.type,
    answerBody: answer.body,
    information: deviceInformation,
    certificateInUse,
    at: request.at,
    installation: state === 'registered' ? installation : null,
    movedAt,
    newDigitalIdProof: request.newDigitalIdProof,
  }
}
