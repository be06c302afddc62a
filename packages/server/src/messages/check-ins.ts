import type { ReceivedRequest, VerifiedRequest } from '@sanad/protocol/envelope/request'
import { readBody } from '@sanad/protocol/envelope/request'
import type { NewEvent } from '@sanad/protocol/events'
import type { DeviceInformation } from '@sanad/protocol/messages'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import type pg from 'pg'
import { recordEvents } from '../audit/record-events.ts'
import type { Database } from '../platform/database.ts'
import type { PolicySettings } from '@sanad/protocol/api/policies'
import type { Policy } from '../platform/config.ts'
import type { PolicyBook } from '../policies/policy-book.ts'
import type { RotationPlan } from '../rotation/plan-rotation.ts'
import type { Clock } from '../platform/clock.ts'
import { authenticateRequest } from './authenticate.ts'
import { type CheckInRow, writeCheckIns } from './check-in-store.ts'
import { describeChanges } from './presence-changes.ts'
import type { RefusalLedger } from './refusal-ledger.ts'
import { digestPayload, placeInSequence } from './replay.ts'
import { refuseState, repeatAnswer } from './answers.ts'
import type { Answer } from './answers.ts'
import { type SenderRecord, findSenders } from './senders.ts'
import { requireStorableText } from './storable-text.ts'

/**
 * Messages of registered devices, taken in batches: one look-up, one write and one flush to disk for all that
 * arrived meanwhile. Under load the batches grow and the cost of each message falls; alone, none waits.
 */

export interface AnsweredRequest {
  readonly request: VerifiedRequest
  readonly answer: Answer
}

interface Waiting {
  readonly received: ReceivedRequest
  readonly thumbprint: string
  readonly settle: PromiseWithResolvers<AnsweredRequest>
  /** Found somebody faster once already. */
  readonly isSecondTry?: boolean
}

/** Authentic, new and ready to take effect. */
interface Ready {
  readonly waiting: Waiting
  readonly request: VerifiedRequest
  readonly sender: SenderRecord
  readonly information: DeviceInformation
  readonly row: CheckInRow
  readonly answer: Answer
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
}

const LARGEST_BATCH = 32
/** While one batch is being written, the next is verified. */
const BATCHES_AT_ONCE = 2
const LONGEST_QUEUE = 2000

export class CheckIns {
  readonly #options: CheckInsOptions
  readonly #queue: Waiting[] = []
  #running = 0

  constructor(options: CheckInsOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.*`, `server.overloaded`, `database.unavailable` */
  submit(received: ReceivedRequest, thumbprint: string): Promise<AnsweredRequest> {
    if (this.#queue.length >= LONGEST_QUEUE)
      return Promise.reject(new SanadError('server.overloaded'))
    const settle = Promise.withResolvers<AnsweredRequest>()
    this.#queue.push({ received, thumbprint, settle })
    if (this.#running < BATCHES_AT_ONCE) void this.#work()
    return settle.promise
  }

  async #work(): Promise<void> {
    this.#running++
    // What arrives in this turn of the event loop belongs together.
    await new Promise((resolve) => setImmediate(resolve))
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch())
      await this.#answerBatch(batch)
    this.#running--
  }

  /** At most one message of a certificate: the next one is judged by what this one leaves behind. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = []
    const taken = new Set<string>()
    const later: Waiting[] = []
    while (batch.length < LARGEST_BATCH) {
      const next = this.#queue.shift()
      if (next === undefined) break
      if (taken.has(next.thumbprint)) later.push(next)
      else {
        taken.add(next.thumbprint)
        batch.push(next)
      }
    }
    this.#queue.unshift(...later)
    return batch
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
      if (sender !== undefined && error instanceof SanadError)
        this.#options.ledger.note(sender.deviceId, error.code)
      waiting.settle.reject(error)
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
    if (request.type !== 'check-in') throw new SanadError('message.wrong-type', request.type)
    const { deviceInformation } = readBody('check-in', request)
    requireStorableText(deviceInformation, 'message.body-refused')
    if (placeInSequence(request, sender) === 'repeated') {
      waiting.settle.resolve({ request, answer: repeatAnswer(sender) })
      return undefined
    }
    const answer = sender.state === 'registered' ? this.#answer(sender) : refuseState(sender)
    return {
      waiting,
      request,
      sender,
      information: deviceInformation,
      answer,
      row: toRow(request, sender, deviceInformation, answer),
    }
  }

  #answer(sender: SenderRecord): Answer {
    const { policies, planRotation } = this.#options
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
      },
    }
  }

  async #write(ready: readonly Ready[]): Promise<void> {
    const events = ready.flatMap(({ sender, information }) => describeChanges(sender, information))
    const rows = ready.map(({ row }) => row)
    const written =
      events.length === 0
        ? await writeCheckIns(this.#options.pool, rows)
        : await this.#writeWithEvents(rows, events)
    for (const { waiting, request, sender, answer } of ready) {
      if (written.has(sender.deviceId)) waiting.settle.resolve({ request, answer })
      else this.#tryAgain(waiting)
    }
  }

  /**
   * Another batch or process was first with this number. If that was the same message, its answer is on record
   * by now; if not, the reason is.
   */
  #tryAgain(waiting: Waiting): void {
    if (waiting.isSecondTry === true) waiting.settle.reject(new SanadError('message.replayed'))
    else this.#queue.push({ ...waiting, isSecondTry: true })
  }

  /** What changes goes on record in the transaction of the change. */
  #writeWithEvents(
    rows: readonly CheckInRow[],
    events: readonly (NewEvent & { deviceId: string })[],
  ): Promise<ReadonlySet<string>> {
    return this.#options.database.transaction().execute(async (tx) => {
      const written = await writeCheckIns(tx, rows)
      await recordEvents(
        tx,
        events.filter(({ deviceId }) => written.has(deviceId)),
      )
      return written
    })
  }
}

function toRow(
  request: VerifiedRequest,
  { deviceId }: SenderRecord,
  information: DeviceInformation,
  answer: Answer,
): CheckInRow {
  const { seq, mid } = request.envelope
  return {
    deviceId,
    seq,
    mid,
    payloadSha256: digestPayload(request),
    answerType: answer.type,
    answerBody: answer.body,
    information,
  }
}
