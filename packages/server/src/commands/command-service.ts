import { signedTextOf } from '@sanad/protocol/wire/envelope/request'
import type { CommandBody } from '@sanad/protocol/domain/commands'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { recordEvents } from '../record/record-events.ts'
import type { DeviceRegistry } from '../devices/device-registry.ts'
import { type Answer, refuse, refuseState } from '../messages/answers.ts'
import type { Confirmations } from '../messages/confirmations.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import {
  type RegisteredHandler,
  type TakenMessage,
  holdNumbers,
  keepNumbers,
} from '../messages/taken-messages.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { RotationOrders } from '../rotation/rotation-orders.ts'
import { chooseCommands, untilDeregistration } from './choose-commands.ts'
import type { CommandKey } from './command-keys.ts'
import type { CommandSigner } from './command-signer.ts'
import {
  type CommandsAnswer,
  type CommandsMessage,
  readCommandsMessage,
} from './commands-message.ts'
import { type HeldDevice, holdCertificatesToRevoke, holdDevice } from './hold-device.ts'
import { takeReports } from './take-reports.ts'
import { answerWith } from './commands-answer.ts'
import { waitForWindows } from './wait-for-windows.ts'
import {
  type Numbered,
  type SignedCommand,
  type StoredCommand,
  cancelFormer,
  holdWaiting,
  markSent,
  reserve,
  takeNumbers,
  wakeLater,
} from './waiting-commands.ts'

/**
 * Hands commands to the device that asks, and takes what it reports.
 *
 * Two transactions with the HSM between them: the first takes the reports and fixes number and bytes of what
 * will be signed, the second makes "sent", the device’s number and the answer one effect. Whatever ends between
 * them is harmless: the same message finds the same bytes, and their signature is the same.
 */

export interface CommandServiceOptions {
  readonly database: Database
  readonly signer: CommandSigner
  /** Which form of certificates the sender of a message reads, by the key that it was encrypted to. */
  readonly formOf: (kid: string) => IdentifierForm
  readonly confirmations: Confirmations
  readonly rotationOrders: Pick<RotationOrders, 'giveTo'>
  readonly devices: Pick<DeviceRegistry, 'actWithin'>
  readonly ledger: Pick<RefusalLedger, 'note'>
  readonly clock: Clock
  readonly log: Logger
  /** As the device said it last; undefined where it never did. */
  readonly timeZoneOf: (deviceId: string) => Promise<string | undefined>
}

/** After the HSM was away. */
const WAKE_AGAIN_MS = 60_000

interface Prepared {
  readonly again: readonly StoredCommand[]
  readonly toSign: readonly Numbered[]
  readonly key: CommandKey
  readonly more: boolean
}

type FirstStep = { readonly answer: CommandsAnswer | undefined } | Prepared

interface Circumstances {
  readonly message: TakenMessage
  readonly body: CommandsMessage
  readonly key: CommandKey | undefined
  readonly timeZone: string | undefined
  readonly now: number
}

export class CommandService implements RegisteredHandler {
  readonly #options: CommandServiceOptions

  constructor(options: CommandServiceOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.body-refused`, `database.unavailable` */
  async take(message: TakenMessage): Promise<CommandsAnswer | undefined> {
    const { database, clock, timeZoneOf } = this.#options
    const body = readCommandsMessage(message.request)
    const key = await this.#findKey(this.#options.formOf(message.received.recipient))
    const timeZone = await timeZoneOf(message.sender.deviceId)
    const circumstances = { message, body, key, timeZone, now: clock() }
    const first = await database.transaction().execute((tx) => this.#prepare(tx, circumstances))
    if ('answer' in first) return first.answer
    // Outside any transaction: an HSM that stalls holds no row.
    const signed = await this.#sign(first)
    return database.transaction().execute((tx) => this.#conclude(tx, message, first, signed))
  }

  /** Reports are taken and old commands sent again while the HSM is away. */
  async #findKey(form: IdentifierForm): Promise<CommandKey | undefined> {
    const { signer, log } = this.#options
    try {
      return await signer.key(form)
    } catch (error) {
      if (!isHsmAway(error)) throw error
      log.debug({ err: error }, 'commands wait for their key')
      return undefined
    }
  }

  async #prepare(tx: DatabaseTransaction, circumstances: Circumstances): Promise<FirstStep> {
    const { confirmations } = this.#options
    const { message } = circumstances
    const { sender } = message
    const device = await holdDevice(tx, sender.deviceId)
    const successors = sender.certificateStatus === 'pending' ? [sender] : []
    const waits = await confirmations.hold(tx, successors)
    // Revoked or confirmed since it was looked up: judged again.
    if (successors.length !== waits.size) return { answer: undefined }
    await holdCertificatesToRevoke(tx, sender.deviceId)
    if (!(await holdNumbers(tx, [message])).has(sender.deviceId)) return { answer: undefined }
    const events = [...(await confirmations.confirm(tx, successors))]
    const taken = await this.#takeReports(tx, device, circumstances)
    if ('refusal' in taken) return answerAtOnce(tx, message, taken.refusal, events)
    events.push(...taken.events)
    events.push(...(await cancelFormer(tx, sender.deviceId, circumstances.now)))
    return this.#choose(tx, circumstances, events)
  }

  /** A device that is not trusted is told so, and changes nothing. */
  async #takeReports(
    tx: DatabaseTransaction,
    device: HeldDevice,
    { message, body, now }: Circumstances,
  ): Promise<{ readonly refusal: CommandsAnswer } | { readonly events: readonly NewEvent[] }> {
    const { deviceId } = message.sender
    if (device.state !== 'registered')
      return { refusal: asRefusal(refuseState({ ...device, deviceId })) }
    const signedText = body.reports.length === 0 ? '' : signedTextOf(message.received)
    const events = await takeReports(tx, { deviceId, reports: body.reports, signedText, now })
    if (events !== undefined) return { events }
    this.#options.ledger.note(deviceId, 'command.not-found')
    return { refusal: asRefusal(refuse('command.not-found', deviceId)) }
  }

  async #choose(
    tx: DatabaseTransaction,
    circumstances: Circumstances,
    events: readonly NewEvent[],
  ): Promise<FirstStep> {
    const { message, body, key, timeZone, now } = circumstances
    const waiting = await holdWaiting(tx, message.sender.deviceId)
    const choice = chooseCommands(waiting, { highest: body.highest, now, timeZone })
    await waitForWindows(tx, choice, timeZone, now)
    if (key === undefined || choice.fresh.length === 0) {
      if (key === undefined) await wakeLater(tx, choice.fresh.map(idOf), now + WAKE_AGAIN_MS)
      const more = key !== undefined && choice.more
      return answerAtOnce(
        tx,
        message,
        answerWith(message.sender, now, choice.again.flatMap(statementOf), more),
        events,
      )
    }
    const fresh = untilDeregistration(choice.fresh)
    // Above what did not arrive yet, too: it is in the same answer, and obeyed first.
    const floor = Math.max(body.highest, ...choice.again.map(({ sentNumber }) => sentNumber ?? 0))
    const toSign = await this.#number(tx, circumstances, key, fresh, floor)
    await recordEvents(tx, events)
    const more = choice.more && fresh.length === choice.fresh.length
    return { again: choice.again, toSign, key, more }
  }

  /** What was reserved and never sent keeps its number and its bytes, unless the device is beyond them. */
  async #number(
    tx: DatabaseTransaction,
    { message: { sender }, now }: Circumstances,
    key: CommandKey,
    fresh: readonly StoredCommand[],
    floor: number,
  ): Promise<readonly Numbered[]> {
    const { signer } = this.#options
    const kept = fresh.flatMap(({ commandId, number, signingInput }): Numbered[] =>
      number !== null &&
      signingInput !== null &&
      number > floor &&
      signer.isUnder(key, signingInput)
        ? [{ commandId, number, signingInput }]
        : [],
    )
    const isKept = new Set(kept.map(idOf))
    const others = fresh.filter(({ commandId }) => !isKept.has(commandId))
    if (others.length === 0) return kept
    const first = await takeNumbers(tx, sender.deviceId, floor, others.length)
    const numbered = others.map((command, index): Numbered => {
      const number = first + index
      const parts = { ...command, number, device: sender, issuedAt: now }
      return { commandId: command.commandId, number, signingInput: signer.write(key, parts) }
    })
    await reserve(tx, numbered)
    for (const command of others) await this.#takeEffect(tx, sender.deviceId, command)
    return [...kept, ...numbered]
  }

  /** What the server itself does for a command, from the moment on that the device may obey it. */
  async #takeEffect(
    tx: DatabaseTransaction,
    deviceId: string,
    { type, body, orderedBy }: StoredCommand,
  ): Promise<void> {
    const { rotationOrders, devices } = this.#options
    if (type === 'rotate-key') {
      await rotationOrders.giveTo(tx, deviceId, reasonOf(body), orderedBy)
    } else if (type === 'deregister') {
      const reason = reasonOf(body)
      await devices.actWithin(tx, deviceId, 'deregister', { reason }, operatorActor(orderedBy))
    }
  }

  /** One after the other: what could not be signed has the higher numbers, and none is left behind. */
  async #sign({ toSign, key }: Prepared): Promise<readonly SignedCommand[]> {
    const { signer, log } = this.#options
    const signed: SignedCommand[] = []
    for (const { commandId, signingInput } of toSign) {
      try {
        signed.push({ commandId, signingInput, statement: await signer.sign(key, signingInput) })
      } catch (error) {
        if (!isHsmAway(error)) throw error
        log.warn({ err: error }, 'commands wait for the HSM')
        break
      }
    }
    return signed
  }

  async #conclude(
    tx: DatabaseTransaction,
    message: TakenMessage,
    { again, toSign, more }: Prepared,
    signed: readonly SignedCommand[],
  ): Promise<CommandsAnswer | undefined> {
    const { deviceId } = message.sender
    if (!(await holdNumbers(tx, [message])).has(deviceId)) return undefined
    const now = this.#options.clock()
    const sent = await markSent(tx, signed, now)
    const unsigned = toSign.slice(signed.length).map(idOf)
    await wakeLater(tx, unsigned, now + WAKE_AGAIN_MS)
    const fresh = signed.filter(({ commandId }) => sent.has(commandId))
    const statements = [...again.flatMap(statementOf), ...fresh.map(({ statement }) => statement)]
    // Asking again at once would find the HSM away still.
    const answer = answerWith(message.sender, now, statements, more && unsigned.length === 0)
    await keepNumbers(tx, [{ message, answer }])
    return answer
  }
}

const isHsmAway = (error: unknown): boolean =>
  error instanceof SanadError && error.code.startsWith('hsm.')

const idOf = ({ commandId }: { readonly commandId: string }): string => commandId
const statementOf = ({ statement }: StoredCommand): string[] =>
  statement === null ? [] : [statement]

// refuse() makes nothing else.
const asRefusal = (answer: Answer): CommandsAnswer => answer as CommandsAnswer

async function answerAtOnce(
  tx: DatabaseTransaction,
  message: TakenMessage,
  answer: CommandsAnswer,
  events: readonly NewEvent[],
): Promise<FirstStep> {
  await keepNumbers(tx, [{ message, answer }])
  await recordEvents(tx, events)
  return { answer }
}

// Of `rotate-key` and `deregister`, whose bodies were checked when they were ordered.
const reasonOf = (body: object): Reason => (body as CommandBody<'deregister'>).reason
