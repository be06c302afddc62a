import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { equalBytes } from '@sanad/protocol/asn1/der'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import type { DeviceInformation } from '@sanad/protocol/wire/messages'
import { Bell } from '../channel/bell.ts'
import { WakeGate } from '../channel/wake-gate.ts'
import { NO_COMMANDS } from '../state/held-commands.ts'
import type { Effect } from '../commands/obey-command.ts'
import { obeyHeld } from '../commands/obey-held.ts'
import { type OpenedCommand, openCommand } from '../commands/open-command.ts'
import type { Workshop } from '../commands/workshop.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { ObservedDevice } from '../facts/collect-facts.ts'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import type { HostFacts } from '../key-stores/host-voucher.ts'
import type { DeviceKeys } from '../key-stores/open-device-keys.ts'
import { pause } from '../base/pause.ts'
import type { Delivery, ManagementServer } from '../server-link/management-server.ts'
import {
  type DeviceState,
  type PendingRequest,
  type Progress,
  without,
} from '../state/device-state.ts'
import type { DeviceStateStore } from '../state/device-state-store.ts'
import { backoffMs } from '../base/backoff.ts'
import { isOfAnotherEra, judgeAnew } from './judge-anew.ts'
import { chooseKey, reconcileKeys } from './choose-key.ts'
import { type KeeperEvent, listChanges } from './keeper-events.ts'
import {
  destroyDoomed,
  destroyKeys,
  installCertificate,
  installSuccessor,
  makeSuccessor,
} from './key-steps.ts'
import {
  type MessageContext,
  makeCheckInMessage,
  makeCommandsMessage,
  makeRegistrationMessage,
  makeRotationMessage,
} from './make-message.ts'
import { type Step, nextStep } from './next-step.ts'
import { deferPurge, sealPurge, signPurge } from './purge.ts'
import { beginRecovery } from './rotation-order.ts'
import { Postponed, translateError } from '../base/step-failure.ts'
import { takeAnswer } from './take-answer.ts'

/**
 * Takes one device from first sight to its daily check-in.
 *
 * One step at a time, each ending in one write of the state: whenever the process dies, the next one goes on
 * from the last step that was written, with the same key and the same bytes.
 */

export type ServerLink = Pick<
  ManagementServer,
  'serverId' | 'clock' | 'synchronise' | 'recipient' | 'deliver' | 'doubt'
>

export interface DeviceKeeperOptions {
  readonly store: Pick<DeviceStateStore, 'write'>
  readonly server: ServerLink
  readonly installation: string
  readonly openKeys: (facts: (keyId: string) => HostFacts) => DeviceKeys
  /** Asks the device's SBI anew. */
  readonly describe: (signal: AbortSignal) => Promise<Sighting>
  readonly report: (sighting: Sighting) => DeviceInformation
  readonly readEnrolmentSecret: () => Promise<string | undefined>
  readonly note: (event: KeeperEvent) => void
  /** What commands are obeyed with; without it those of the state are, and others are not supported. */
  readonly workshop?: Workshop
  /** What is known of host, SBI and client now. */
  readonly collectFacts?: (seen: ObservedDevice) => DeviceFacts
  readonly random?: () => number
}

/** What is known of the device beyond its stored state, for people. */
export interface KeeperView {
  readonly problem: ProblemCode | undefined
  readonly failures: number
  /** Whether the SBI signs with the certificate that the server issued. */
  readonly presentsCertificate: boolean
}

/** After an installation the SBI may need a moment to see its new certificate. */
const LOOKS_AFTER_INSTALLING = 10
const BETWEEN_LOOKS_MS = 500
/** Trusted time stands still while the machine sleeps; so rests are short, and the time is looked at again. */
const LONGEST_REST_MS = 60_000
/** Check-ins in a row without recognition after which the certificate is asked for again. */
const UNRECOGNISED_UNTIL_RECLAIM = 3
const FAILURES_UNTIL_SETTLED = 4
/** Of a question for commands that somebody did not recognise: what else is due does not wait for it. */
const BETWEEN_QUESTIONS_MS = 15 * 60_000
/** The key in use signs with its certificate. */
const CERTIFIED: ReadonlySet<Progress> = new Set(['registered', 'purge-ordered'])

/** About these the server hears although the SBI does not answer. */
const MAY_BE_SILENT: ReadonlySet<string> = new Set(['check-in', 'ask-for-rotation'])

/** What each question is made of. */
const MAKE = {
  'ask-for-challenge': (state: DeviceState, context: MessageContext) =>
    makeRegistrationMessage(state, 'registration-challenge', context),
  'ask-for-certificate': (state: DeviceState, context: MessageContext) =>
    makeRegistrationMessage(state, 'registration', context),
  'ask-for-rotation': makeRotationMessage,
  'check-in': makeCheckInMessage,
  'ask-for-commands': makeCommandsMessage,
} as const

export class DeviceKeeper {
  readonly #options: DeviceKeeperOptions
  readonly #keys: DeviceKeys
  readonly #random: () => number
  #state: DeviceState
  #sighting: Sighting
  #failures = 0
  #problem: ProblemCode | undefined
  #isResting = false
  readonly #bell = new Bell()
  readonly #gate = new WakeGate()
  #isWoken = false
  #sbiAnswerMs: number | undefined
  #roundTripMs: number | undefined
  #failuresSinceCheckIn = 0

  constructor(state: DeviceState, sighting: Sighting, options: DeviceKeeperOptions) {
    this.#state = state
    this.#sighting = sighting
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#keys = options.openKeys((keyId) => this.#hostFacts(keyId))
  }

  get state(): DeviceState {
    return this.#state
  }

  get view(): KeeperView {
    return {
      problem: this.#problem,
      failures: this.#failures,
      presentsCertificate: this.#presentsCertificate(),
    }
  }

  /** Nothing is due, or it failed so often that it will take a while. */
  get isSettled(): boolean {
    return this.#isResting || this.#failures >= FAILURES_UNTIL_SETTLED
  }

  /** The SBI says something new of the device. */
  see(sighting: Sighting): void {
    this.#sighting = sighting
  }

  /**
   * Somebody says that the server has commands for the device. Only a hint: the server is asked.
   *
   * @param isServerThere a channel to it has just been opened, and it does not know yet who is behind
   */
  wake(isServerThere = false): void {
    if (this.#isWoken && !isServerThere) return
    this.#isWoken = true
    // While something fails, only the news that the server is there ends the rest.
    if (isServerThere || this.#failures === 0) this.#bell.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const step = this.#nextStep()
      this.#isResting = step.kind === 'rest'
      const restMs =
        step.kind === 'rest' ? this.#restMs(step.until) : await this.#attempt(step, signal)
      if (restMs > 0) await this.#bell.wait(restMs, signal)
    }
  }

  #nextStep(): Step {
    const { clock } = this.#options.server
    // Before anything else is judged by it.
    if (clock.isSet && isOfAnotherEra(this.#state, clock.era)) return { kind: 'judge-anew' }
    return nextStep(this.#state, this.#now(), this.#isWoken && this.#gate.opensInMs === 0)
  }

  #restMs(until: number): number {
    // A gate that is open already does not end a rest that has another reason.
    const gateMs = (this.#isWoken && this.#gate.opensInMs) || LONGEST_REST_MS
    return Math.min(LONGEST_REST_MS, gateMs, Math.max(1, until - (this.#now() ?? until)))
  }

  /** @returns how long to wait before the next step */
  async #attempt(step: Step, signal: AbortSignal): Promise<number> {
    try {
      await this.#take(step, signal)
      this.#failures = 0
      this.#problem = undefined
      return 0
    } catch (thrown) {
      if (signal.aborted) return 0
      const error = translateError(thrown)
      this.#failures++
      this.#failuresSinceCheckIn++
      this.#problem = error.code
      const retryInMs = this.#retryInMs(thrown)
      this.#options.note({ kind: 'failed', step: step.kind, code: error.code, error, retryInMs })
      return retryInMs
    }
  }

  #retryInMs(thrown: unknown): number {
    const told = thrown instanceof Postponed ? thrown.retryAfterSeconds : undefined
    if (told === undefined) return backoffMs(this.#failures, this.#random)
    // Never before, and spread over half as long again: others were told the same at the same time.
    return told * 1000 * (1 + 0.5 * this.#random()) + 250 * this.#random()
  }

  async #take(step: Step, signal: AbortSignal): Promise<void> {
    const { keys } = this.#keys
    switch (step.kind) {
      case 'synchronise':
        return this.#options.server.synchronise(signal)
      case 'make-key':
        return this.#write(await chooseKey(this.#state, keys, this.#sighting))
      case 'make-successor':
        return this.#write(await makeSuccessor(this.#state, keys))
      case 'ask-for-challenge':
      case 'ask-for-certificate':
      case 'ask-for-rotation':
      case 'check-in':
      case 'ask-for-commands':
        return this.#compose(step.kind, signal)
      case 'obey-command':
        return this.#obey(step.id, signal)
      case 'deliver':
        return this.#deliver(signal)
      case 'give-up-message':
        return this.#write(without(this.#state, 'pending', 'challenge'))
      case 'install-certificate':
        return this.#install(installCertificate, signal)
      case 'install-successor':
        return this.#install(installSuccessor, signal)
      case 'judge-anew':
        return this.#judgeAnew()
      case 'begin-recovery':
        return this.#write(beginRecovery(this.#state))
      case 'destroy-doomed':
        return this.#write(await destroyDoomed(this.#state, keys))
      case 'destroy-keys':
        return this.#write(await destroyKeys(this.#state, keys))
      case 'sign-purge':
        return this.#signPurge()
      case 'deliver-purge':
        return this.#deliverPurge(signal)
      case 'rest':
        return undefined
    }
  }

  #judgeAnew(): Promise<void> {
    const { clock } = this.#options.server
    return this.#write(judgeAnew(this.#state, clock.now(), clock.era))
  }

  async #compose(kind: keyof typeof MAKE, signal: AbortSignal): Promise<void> {
    const { server, report, readEnrolmentSecret, installation } = this.#options
    const recipient = await server.recipient(signal)
    // Whoever wakes a device in vain does not trouble its SBI.
    const isSeen =
      kind !== 'ask-for-commands' && (await this.#look(signal, MAY_BE_SILENT.has(kind)))
    // Whoever wakes it from now on is heard by another question.
    if (kind === 'ask-for-commands') this.#takeWake()
    const facts = kind === 'check-in' ? this.#collectFacts() : undefined
    const reconciled = await reconcileKeys(this.#state, this.#keys.keys, this.#sighting)
    if (reconciled !== undefined) return this.#write(reconciled)
    const enrolmentSecret = this.#state.level === 'L0' ? await readEnrolmentSecret() : undefined
    const next = await MAKE[kind](this.#state, {
      ...this.#keys,
      serverId: server.serverId,
      recipient,
      now: server.clock.now(),
      information: report(this.#sighting),
      installation,
      certificateInUse: isSeen ? (this.#presentsCertificate() ? 'yes' : 'no') : 'unknown',
      ...(enrolmentSecret !== undefined && { enrolmentSecret }),
      ...(facts !== undefined && { facts }),
    })
    // Written with its number before it leaves: a number is never used for two messages.
    await this.#write(next)
  }

  #takeWake(): void {
    if (this.#isWoken) this.#gate.pass()
    this.#isWoken = false
  }

  /** @param mayFail a device is reported too while its SBI does not answer, as it was seen last */
  async #look(signal: AbortSignal, mayFail: boolean): Promise<boolean> {
    const begin = performance.now()
    this.#sbiAnswerMs = undefined
    try {
      this.#sighting = await this.#options.describe(signal)
      this.#sbiAnswerMs = performance.now() - begin
      return true
    } catch (error) {
      if (!mayFail || !(error instanceof SanadError)) throw error
      return false
    }
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { pending } = this.#state
    if (pending === undefined) return
    const delivery = await this.#send(pending, signal)
    if (delivery.kind === 'not-recognised') {
      await this.#write(this.#withoutRecognition())
      throw new SanadError('request.not-authentic')
    }
    const { answer } = delivery
    const commands = answer.type === 'commands-answer' ? this.#open(answer.body.commands) : []
    const moment = { ...this.#moment(), commands }
    await this.#write(takeAnswer(this.#state, pending.type, answer, moment))
    if (answer.type === 'check-in-answer') this.#failuresSinceCheckIn = 0
    this.#noteAnswer(pending.type)
  }

  #open(commands: readonly string[]): OpenedCommand[] {
    const { server, workshop, note } = this.#options
    const expected = {
      managementRoots: workshop?.managementRoots ?? [],
      serverId: server.serverId,
      subject: deviceSubject(this.#state.identity),
      now: server.clock.now(),
    }
    const opened = commands.map((text) => openCommand(text, expected))
    for (const one of opened)
      if (one.kind === 'dropped') note({ kind: 'command-dropped', code: one.code })
    return opened
  }

  async #obey(id: string, signal: AbortSignal): Promise<void> {
    const held = this.#state.commands?.held.find((command) => command.id === id)
    if (held === undefined) return
    const { workshop, describe, server } = this.#options
    // Whether somebody stands before it is asked now.
    if (held.type === 'restart-service') await this.#look(signal, true)
    const { now } = this.#moment()
    const effect: Effect | undefined = workshop && {
      workshop,
      describe,
      now,
      signal,
      state: this.#state,
      keys: this.#keys.keys,
      isClockSet: () => server.clock.isSet,
      isSbiBusy: this.#sighting.deviceStatus === 'Busy',
    }
    await obeyHeld(this.#state, held, { effect, now, signal, write: (next) => this.#write(next) })
  }

  #collectFacts(): DeviceFacts | undefined {
    return this.#options.collectFacts?.({
      sighting: this.#sighting,
      level: this.#state.level,
      sbiAnswerMs: this.#sbiAnswerMs,
      roundTripMs: this.#roundTripMs,
      failures: this.#failuresSinceCheckIn,
    })
  }

  async #send(
    pending: PendingRequest,
    signal: AbortSignal,
  ): Promise<Exclude<Delivery, { kind: 'postponed' }>> {
    const { server } = this.#options
    const begin = performance.now()
    const delivery = await server.deliver(pending, signal).catch((error: unknown) => {
      server.doubt()
      throw error
    })
    this.#roundTripMs = performance.now() - begin
    if (delivery.kind === 'postponed') throw new Postponed(delivery.retryAfterSeconds)
    if (delivery.kind === 'not-recognised') server.doubt()
    return delivery
  }

  async #signPurge(): Promise<void> {
    const { serverId } = this.#options.server
    const { now } = this.#moment()
    await this.#write(await signPurge(this.#state, this.#keys, { serverId, now }))
  }

  async #deliverPurge(signal: AbortSignal): Promise<void> {
    const { purge } = this.#state
    if (purge === undefined) return
    const recipient = await this.#options.server.recipient(signal)
    const delivery = await this.#send(sealPurge(purge, recipient), signal)
    if (delivery.kind === 'not-recognised') {
      await this.#write(deferPurge(this.#state, this.#moment().now))
      throw new SanadError('request.not-authentic')
    }
    await this.#write(takeAnswer(this.#state, 'key-purge', delivery.answer, this.#moment()))
  }

  #moment() {
    return { now: this.#options.server.clock.now(), random: this.#random }
  }

  /**
   * Nobody signed that this message is unwelcome, so nothing is concluded from it: another message is made,
   * and after some of them the device asks, signed, whether it is still known by its key.
   */
  #withoutRecognition(): DeviceState {
    const rest = without(this.#state, 'pending', 'challenge')
    const { pending, commands } = this.#state
    if (pending?.type === 'commands') {
      const notBefore = this.#moment().now + BETWEEN_QUESTIONS_MS
      return { ...rest, commands: { ...(commands ?? NO_COMMANDS), notBefore } }
    }
    if (pending?.type !== 'check-in') return rest
    const unrecognised = (this.#state.unrecognised ?? 0) + 1
    return unrecognised < UNRECOGNISED_UNTIL_RECLAIM
      ? { ...rest, unrecognised }
      : { ...without(rest, 'unrecognised'), reclaim: { refusals: 0 } }
  }

  async #install(
    install: (state: DeviceState, keys: DeviceKeyStore) => Promise<DeviceState>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#write(await install(this.#state, this.#keys.keys))
    await this.#awaitCertificate(signal)
  }

  /** MDS 0.9.5 › Device Info Response: the SBI now signs with the device key. If not, a person is told. */
  async #awaitCertificate(signal: AbortSignal): Promise<void> {
    for (let look = 0; look < LOOKS_AFTER_INSTALLING && !signal.aborted; look++) {
      try {
        this.#sighting = await this.#options.describe(signal)
        if (this.#presentsCertificate()) return
      } catch (error) {
        if (!(error instanceof SanadError)) throw error
      }
      await pause(BETWEEN_LOOKS_MS, signal)
    }
  }

  async #write(next: DeviceState): Promise<void> {
    const before = this.#state
    await this.#options.store.write(next)
    this.#state = next
    for (const event of listChanges(before, next)) this.#options.note(event)
  }

  #noteAnswer(asked: PendingRequest['type']): void {
    const { hold, nextCheckInAt, lastCheckInAt } = this.#state
    if (hold !== undefined) {
      const { outcome, supportCode } = hold
      this.#options.note({ kind: 'held', outcome, supportCode })
    } else if (asked !== 'commands' && lastCheckInAt !== undefined && nextCheckInAt !== undefined)
      this.#options.note({ kind: 'checked-in', nextCheckInAt })
  }

  #now(): number | undefined {
    const { clock } = this.#options.server
    return clock.isSet ? clock.now() : undefined
  }

  #presentsCertificate(): boolean {
    const [own] = this.#state.certificates ?? []
    const { certificate } = this.#sighting
    return (
      own !== undefined &&
      certificate !== undefined &&
      equalBytes(certificate, Buffer.from(own, 'base64'))
    )
  }

  #hostFacts(keyId: string): HostFacts {
    const { key, successor, certificates, progress } = this.#state
    const named = successor?.keyId === keyId ? successor : key
    const isInUse = named === key && CERTIFIED.has(progress)
    const [own] = isInUse ? (certificates ?? []) : []
    return {
      claims: this.#sighting.digitalId,
      spki: Buffer.from(named?.spki ?? '', 'base64'),
      certificate: own === undefined ? undefined : Buffer.from(own, 'base64'),
      now: this.#options.server.clock.now(),
    }
  }
}
