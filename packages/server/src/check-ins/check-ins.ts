import type { ReceivedRequest, VerifiedRequest } from '@sanad/protocol/wire/envelope/request'
import { readBody } from '@sanad/protocol/wire/envelope/request'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { LONG_LIVED, type RequestBody, type RequestType } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type pg from 'pg'
import { recordEvents } from '../record/record-events.ts'
import { holdDevices } from '../devices/suspend-devices.ts'
import type { Database } from '../platform/database.ts'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { Policy } from '../platform/config.ts'
import type { PolicyBook } from '../policies/policy-book.ts'
import { type ArrivedFacts, mergeFacts } from '../telemetry/facts-store.ts'
import { type InspectedFacts, describeLeaks, inspectFacts } from '../telemetry/inspect-facts.ts'
import { type InspectedInformation, inspectInformation } from '../telemetry/inspect-information.ts'
import type { RotationPlan } from '../rotation/plan-rotation.ts'
import type { Clock } from '../platform/clock.ts'
import { type AuthenticRequest, authenticateRequest } from '../messages/authenticate.ts'
import { type CheckInRow, writeCheckIns } from './check-in-store.ts'
import { suspendForked } from '../messages/forked-sequence.ts'
import {
  type HostMove,
  type MovedDevice,
  isSuspending,
  judgeHost,
  recordMoves,
} from './host-move.ts'
import { describeChanges } from './presence-changes.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import { type Confirmations, type Successor, isSuccessor } from '../messages/confirmations.ts'
import { digestPayload, placeInSequence } from '../messages/replay.ts'
import { refuseState, repeatAnswer } from '../messages/answers.ts'
import type { Answer, AnsweredRequest } from '../messages/answers.ts'
import { type SenderRecord, findSenders } from '../messages/senders.ts'
import { requireStorableText } from '../platform/storable-text.ts'
import type { RegisteredHandler, TakenMessage } from '../messages/taken-messages.ts'

/**
 * Messages of registered devices, taken in batches: one look-up, one write and one flush to disk for all that
 * arrived meanwhile. Under load the batches grow and the cost of each message falls; alone, none waits.
 */

/** A message whose turn has come, see admission.ts. */
export interface SubmittedMessage {
  readonly received: ReceivedRequest
  readonly thumbprint: string
  /** Whether it comes from where a device was proven lately. */
  readonly isProven: boolean
  /** Called when the batches are done with it, though its answer may take longer. */
  readonly letNextIn: () => void
}

interface Waiting extends SubmittedMessage {
  readonly settle: PromiseWithResolvers<AnsweredRequest>
  /** Found somebody faster once already. */
  readonly isSecondTry?: boolean
}

/** Authentic, new and ready to take effect. */
interface Ready {
  readonly waiting: Waiting
  readonly request: VerifiedRequest
  readonly sender: SenderRecord
  readonly told: InspectedInformation
  readonly facts: InspectedFacts | undefined
  readonly row: CheckInRow
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

export interface CheckInsOptions {
  readonly pool: pg.Pool
  readonly database: Database
  readonly ledger: RefusalLedger
  readonly clock: Clock
  readonly policy: Policy
  readonly serverId: string
  readonly policies: PolicyBook
  readonly planRotation: (sender: SenderRecord, policy: PolicySettings) => RotationPlan
  readonly confirmations: Confirmations
  /** For the other types of messages of registered devices; a type without one is refused. */
  readonly handlers?: Partial<Record<RequestType, RegisteredHandler>>
}

/** Batches grow with the load up to here: in one turn of the event loop more would keep it from everything else. */
const LARGEST_BATCH = 64
/** While one batch is being written, the next is verified. */
const BATCHES_AT_ONCE = 2
/** Messages whose effect takes longer: keys to certify, commands to sign. What is beyond asks again. */
const MOST_HANDED_ON = 1_000

export class CheckIns {
  readonly #options: CheckInsOptions
  /** How much may wait here is the caller's to bound, see admission.ts. */
  readonly #proven: Waiting[] = []
  readonly #unproven: Waiting[] = []
  #running = 0
  #handedOn = 0

  constructor(options: CheckInsOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.*`, `server.overloaded`, `database.unavailable` */
  submit(message: SubmittedMessage): Promise<AnsweredRequest> {
    const settle = Promise.withResolvers<AnsweredRequest>()
    this.#enqueue({ ...message, settle })
    return settle.promise
  }

  #enqueue(waiting: Waiting): void {
    const queue = waiting.isProven ? this.#proven : this.#unproven
    queue.push(waiting)
    if (this.#running < BATCHES_AT_ONCE) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running++
    // What arrives in this turn of the event loop belongs together.
    await new Promise((resolve) => setImmediate(resolve))
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch())
      await this.#answerBatch(batch)
    this.#running--
  }

  /**
   * At most one message of a certificate: the next one is judged by what this one leaves behind. Those from where a
   * device was proven come first, so that others who name its certificate do not hold it up.
   */
  #takeBatch(): Waiting[] {
    const taken = new Map<string, Waiting>()
    for (const queue of [this.#proven, this.#unproven]) {
      const later: Waiting[] = []
      while (taken.size < LARGEST_BATCH) {
        const next = queue.shift()
        if (next === undefined) break
        if (taken.has(next.thumbprint)) later.push(next)
        else taken.set(next.thumbprint, next)
      }
      queue.unshift(...later)
    }
    return [...taken.values()]
  }

  async #answerBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const thumbprints = batch.map(({ thumbprint }) => thumbprint)
      const senders = await findSenders(this.#options.pool, thumbprints)
      const ready = batch.flatMap(
        (waiting) => this.#judge(waiting, senders.get(waiting.thumbprint)) ?? [],
      )
      if (ready.length > 0) await this.#write(ready)
    } catch (error) {
      for (const { settle } of batch) settle.reject(error)
    }
  }

  /** Settles what needs no write; returns what does. */
  #judge(waiting: Waiting, sender: SenderRecord | undefined): Ready | undefined {
    try {
      if (sender === undefined) throw new SanadError('message.key-unknown')
      return this.#admit(waiting, sender)
    } catch (error) {
      this.#refuse(waiting, sender, error)
      return undefined
    }
  }

  #admit(waiting: Waiting, sender: SenderRecord): Ready | undefined {
    const { clock, policy, serverId } = this.#options
    const now = clock()
    const request = authenticateRequest(waiting.received, sender, {
      audience: serverId,
      now,
      window: policy.messageWindow,
    })
    if (request.type !== 'check-in')
      return this.#handOn(waiting, { received: waiting.received, request, sender })
    const body = readBody('check-in', request)
    requireStorableText(body.deviceInformation, 'message.body-refused')
    requireStorableText(body.facts, 'message.body-refused')
    if (!this.#isNew(waiting, request, sender)) return undefined
    const move = this.#judgeHost(sender, body, now)
    const answer = this.#answer(sender, move)
    const told = inspectInformation(body.deviceInformation)
    return {
      waiting,
      request,
      sender,
      told,
      facts: this.#factsOf(sender, body),
      answer,
      row: toRow(
        request,
        sender,
        { ...body, deviceInformation: told.information },
        answer,
        move === undefined ? null : now,
      ),
      move,
    }
  }

  /** Settles what is not: a repeated message gets its answer, a forked one suspends its device. */
  #isNew(waiting: Waiting, request: VerifiedRequest, sender: SenderRecord): boolean {
    const { database, ledger, policy } = this.#options
    try {
      if (placeInSequence(request, sender, policy.messageWindow) === 'new') return true
      waiting.settle.resolve({ request, answer: repeatAnswer(sender), deviceId: sender.deviceId })
    } catch (error) {
      if (!(error instanceof SanadError) || error.code !== 'message.sequence-fork') throw error
      ledger.note(sender.deviceId, error.code)
      suspendForked(database, sender).then(
        (answer) => waiting.settle.resolve({ request, answer, deviceId: sender.deviceId }),
        (failure: unknown) => waiting.settle.reject(failure),
      )
    }
    return false
  }

  /** Rare: a check-in tells only of changes. Of a device that may not act, nothing is taken over. */
  #factsOf(
    { state }: SenderRecord,
    { facts }: RequestBody<'check-in'>,
  ): InspectedFacts | undefined {
    return facts === undefined || state !== 'registered' ? undefined : inspectFacts(facts)
  }

  #judgeHost(
    sender: SenderRecord,
    { installation }: RequestBody<'check-in'>,
    now: number,
  ): HostMove | undefined {
    if (sender.state !== 'registered') return undefined
    const { settings } = this.#options.policies.policyOf(sender)
    return judgeHost(sender, installation, settings, now)
  }

  /** To the slice of its effect, which may take longer than this batch. */
  #handOn(waiting: Waiting, message: TakenMessage): undefined {
    const { request, sender } = message
    const handler = this.#options.handlers?.[request.type]
    if (handler === undefined) throw new SanadError('message.wrong-type', request.type)
    // What may come late is not in sequence with what came meanwhile; its handler knows it again.
    if (!LONG_LIVED.has(request.type) && !this.#isNew(waiting, request, sender)) return
    if (this.#handedOn >= MOST_HANDED_ON) throw new SanadError('server.overloaded')
    this.#handedOn++
    waiting.letNextIn()
    handler
      .take(message)
      .finally(() => this.#handedOn--)
      .then(
        (answer) => {
          if (answer === undefined) this.#tryAgain(waiting)
          else waiting.settle.resolve({ request, answer, deviceId: sender.deviceId })
        },
        (error: unknown) => {
          if (error instanceof SanadError && error.code.startsWith('message.'))
            this.#options.ledger.note(sender.deviceId, error.code)
          waiting.settle.reject(error)
        },
      )
  }

  #refuse({ settle }: Waiting, sender: SenderRecord | undefined, error: unknown): void {
    if (sender !== undefined && error instanceof SanadError)
      this.#options.ledger.note(sender.deviceId, error.code)
    settle.reject(error)
  }

  #answer(sender: SenderRecord, move: HostMove | undefined): Answer {
    if (sender.state !== 'registered') return refuseState(sender)
    if (move !== undefined && move !== 'recorded')
      return refuseState({ ...sender, state: 'suspended' })
    const { policies, planRotation, clock } = this.#options
    const { settings } = policies.policyOf(sender)
    const { start, end, reason } = planRotation(sender, settings)
    return {
      type: 'check-in-answer',
      body: {
        nextCheckInSeconds: settings.checkInSeconds,
        certificateNotAfter: formatTimestamp(sender.notAfter),
        // MDS 0.9.5 › Management Client, 5: every rotation is ordered by the server.
        rotation: { start: formatTimestamp(start), end: formatTimestamp(end), reason },
        longestOfflineSeconds: settings.longestOfflineDays * 86_400,
        commandsWaiting: sender.commandsFrom !== null && sender.commandsFrom <= clock(),
      },
    }
  }

  async #write(ready: readonly Ready[]): Promise<void> {
    const events = ready.flatMap(({ sender, told, facts }) => [
      ...describeChanges(sender, told.information),
      ...describeLeaks(sender.deviceId, told),
      ...(facts === undefined ? [] : describeLeaks(sender.deviceId, facts)),
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
    const written = isPlain
      ? await writeCheckIns(this.#options.pool, rows)
      : await this.#writeWithEvents(rows, { successors, moved, facts, events })
    for (const { waiting, request, sender, answer } of ready) {
      const { deviceId } = sender
      if (written.has(deviceId)) waiting.settle.resolve({ request, answer, deviceId })
      else this.#tryAgain(waiting)
    }
  }

  /**
   * Another batch or process was first with this number. If that was the same message, its answer is on record
   * by now; if not, the reason is.
   */
  #tryAgain(waiting: Waiting): void {
    if (waiting.isSecondTry === true) waiting.settle.reject(new SanadError('message.replayed'))
    else this.#enqueue({ ...waiting, isSecondTry: true })
  }

  /** What changes goes on record in the transaction of the change. */
  #writeWithEvents(
    rows: readonly CheckInRow[],
    { successors, moved, facts, events }: Changes,
  ): Promise<ReadonlySet<string>> {
    const { database, confirmations, clock } = this.#options
    return database.transaction().execute(async (tx) => {
      // Devices before their presence, as registrations lock them.
      await holdDevices(tx, moved.filter(isSuspending).map(idOf))
      const waits = await confirmations.hold(tx, successors)
      // Revoked or confirmed since it was looked up: judged anew.
      const changed = new Set(
        successors.flatMap(({ deviceId }) => (waits.has(deviceId) ? [] : deviceId)),
      )
      const written = await writeCheckIns(
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

const idOf = ({ deviceId }: { readonly deviceId: string }): string => deviceId

function toRow(
  request: AuthenticRequest,
  { deviceId, state }: SenderRecord,
  { deviceInformation, installation, certificateInUse }: RequestBody<'check-in'>,
  answer: Answer,
  movedAt: number | null,
): CheckInRow {
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
