import { SanadError } from '@sanad/protocol/text/problems'
import type { StepWork } from '../kept-device.ts'
import { deferPurge, sealPurge, signPurge as sign } from '../purge.ts'
import { takeAnswer } from '../take-answer.ts'
import { sendMessage } from './send-message.ts'

/** The steps of the purge certificate. */

export const signPurge: StepWork = async (device) => {
  const { state, keys, server, now } = device
  await device.write(await sign(state, keys, { serverId: server.serverId, now }))
}

export const deliverPurge: StepWork = async (device, signal) => {
  const { purge } = device.state
  if (purge === undefined) return
  const recipient = await device.server.recipient(signal)
  const delivery = await sendMessage(device, sealPurge(purge, recipient), signal)
  const { state, now, random } = device
  if (delivery.kind === 'not-recognised') {
    await device.write(deferPurge(state, now))
    throw new SanadError('request.not-authentic')
  }
  await device.write(takeAnswer(state, 'key-purge', delivery.answer, { now, random }))
}
