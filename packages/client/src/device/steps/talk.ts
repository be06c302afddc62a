import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import { type OpenedCommand, openCommand } from '../../commands/open-command.ts'
import { type DeviceState, type PendingRequest, without } from '../../state/device-state.ts'
import { reconcileKeys } from '../choose-key.ts'
import { judgeAgain as judge } from '../judge-again.ts'
import type { KeptDevice, StepWork } from '../kept-device.ts'
import {
  type MessageContext,
  makeCheckInMessage,
  makeCommandsMessage,
  makeRegistrationMessage,
  makeRotationMessage,
} from '../make-message.ts'
import { dropUnrecognised } from '../not-recognised.ts'
import { takeAnswer } from '../take-answer.ts'
import { sendMessage } from './send-message.ts'

/** The steps that talk to the server: a message is made and written in one step, and delivered in another. */

/** The server hears of these although the SBI does not answer. */
const MAY_BE_SILENT: ReadonlySet<string> = new Set(['check-in', 'ask-for-rotation'])

const MAKE = {
  'ask-for-challenge': (state: DeviceState, context: MessageContext) =>
    makeRegistrationMessage(state, 'registration-challenge', context),
  'ask-for-certificate': (state: DeviceState, context: MessageContext) =>
    makeRegistrationMessage(state, 'registration', context),
  'ask-for-rotation': makeRotationMessage,
  'check-in': makeCheckInMessage,
  'ask-for-commands': makeCommandsMessage,
} as const
type Question = keyof typeof MAKE

export const synchronise: StepWork = ({ server }, signal) => server.synchronise(signal)

export const judgeAgain: StepWork = (device) =>
  device.write(judge(device.state, device.now, device.server.clock.era))

export const giveUpMessage: StepWork = (device) =>
  device.write(without(device.state, 'pending', 'challenge'))

export const asking =
  (question: Question): StepWork =>
  async (device, signal) => {
    const recipient = await device.server.recipient(signal)
    const isSeen = await prepare(device, question, signal)
    const { sighting } = device.observations
    const reconciled = await reconcileKeys(device.state, device.keyStore, sighting)
    if (reconciled !== undefined) return device.write(reconciled)
    const context = await collectContext(device, question, isSeen)
    // Written with its number before it leaves: a number is never used for two messages.
    await device.write(await MAKE[question](device.state, { ...context, recipient }))
  }

/** @returns whether the SBI answered just now */
async function prepare(
  { observations, wakeUp }: KeptDevice,
  question: Question,
  signal: AbortSignal,
): Promise<boolean> {
  if (question !== 'ask-for-commands') return observations.look(signal, MAY_BE_SILENT.has(question))
  // A wake-up that proves false costs the SBI nothing.
  wakeUp.take()
  return false
}

async function collectContext(
  device: KeptDevice,
  question: Question,
  isSeen: boolean,
): Promise<Omit<MessageContext, 'recipient'>> {
  const { options, observations, state, server } = device
  const isL0 = state.level === 'L0'
  const enrolmentSecret = isL0 ? await options.readEnrolmentSecret() : undefined
  const observed = observations.listFor(state.level)
  const facts = question === 'check-in' ? options.collectFacts?.(observed) : undefined
  return {
    ...device.keys,
    serverId: server.serverId,
    now: device.now,
    information: options.report(observed.sighting),
    installation: options.installation,
    certificateInUse: isSeen ? (device.presentsCertificate ? 'yes' : 'no') : 'unknown',
    ...(enrolmentSecret !== undefined && { enrolmentSecret }),
    ...(facts !== undefined && { facts }),
  }
}

export const deliver: StepWork = async (device, signal) => {
  const { pending } = device.state
  if (pending === undefined) return
  const delivery = await sendMessage(device, pending, signal)
  const { state, now, random } = device
  if (delivery.kind === 'not-recognised') {
    await device.write(dropUnrecognised(state, now))
    throw new SanadError('request.not-authentic')
  }
  const { answer } = delivery
  const commands = answer.type === 'commands-answer' ? openAll(device, answer.body.commands) : []
  await device.write(takeAnswer(state, pending.type, answer, { now, random, commands }))
  if (answer.type === 'check-in-answer') device.observations.noteCheckIn()
  noteAnswer(device, pending.type)
}

function openAll(
  { options, state, now }: KeptDevice,
  commands: readonly string[],
): OpenedCommand[] {
  const expected = {
    managementRoots: options.workshop?.managementRoots ?? [],
    serverId: options.server.serverId,
    subject: deviceSubject(state.identity),
    now,
  }
  const opened = commands.map((text) => openCommand(text, expected))
  for (const one of opened)
    if (one.kind === 'dropped') options.note({ kind: 'command-dropped', code: one.code })
  return opened
}

function noteAnswer({ state, options }: KeptDevice, asked: PendingRequest['type']): void {
  const { hold, nextCheckInAt, lastCheckInAt } = state
  if (hold !== undefined) {
    const { outcome, supportCode } = hold
    options.note({ kind: 'held', outcome, supportCode })
  } else if (asked !== 'commands' && lastCheckInAt !== undefined && nextCheckInAt !== undefined)
    options.note({ kind: 'checked-in', nextCheckInAt })
}
