import type { DeviceExplanation, PortExplanation } from './explanation.ts'
import { remedyFor } from './remedies.ts'
import type { Reason } from './registration-client/reasons.ts'

/** What to do next: the first thing that stands in the way, in one sentence. */

export const NOTHING_TO_DO = 'There is nothing to do.'

/** The device only waits for its registration, or for a person who uses it. */
const WAITING: readonly Reason[] = ['not-signed', 'not-ready', 'neighbour']

type Findings = Omit<DeviceExplanation, 'isWell' | 'next'>

export function decideDevice(device: Findings): Pick<DeviceExplanation, 'isWell' | 'next'> {
  const obstacle = findObstacle(device)
  if (obstacle !== undefined) return { isWell: false, next: obstacle }
  return { isWell: true, next: adviseWell(device) }
}

function findObstacle({
  refused,
  registrationClient,
  server,
  deviceStatus,
}: Findings): string | undefined {
  const [first] = refused
  if (first !== undefined) return remedyFor(first)
  const missing = server.find(({ state }) => state === 'missing')
  if (missing !== undefined) return `For the management server: ${missing.words}`
  const { verdict, why, field, words } = registrationClient
  if (verdict === 'ready' || verdict === 'unknown' || why === undefined) return undefined
  const isRegistered = deviceStatus !== 'Not Registered'
  if (WAITING.some((reason) => reason === why) && !(why === 'not-signed' && isRegistered))
    return undefined
  const place = field === undefined ? '' : ` (${field})`
  return `For MOSIP’s registration client${place}: ${words ?? why}`
}

function adviseWell({ deviceStatus, tolerated, client }: Findings): string {
  if (deviceStatus === 'Not Registered')
    return client === undefined
      ? 'Start the client: it registers the device once the provider has approved it.'
      : 'Wait: the client registers the device once the provider has approved it.'
  return tolerated.every(({ kind }) => kind === 'wrapped')
    ? NOTHING_TO_DO
    : 'Nothing has to be changed; better is what stands under “should”.'
}

type PortFindings = Omit<PortExplanation, 'isWell' | 'next'>

/** @param isAsked whether a person named this port: then a program that is no SBI is wrong there */
export function decidePort(
  port: PortFindings,
  isAsked: boolean,
): Pick<PortExplanation, 'isWell' | 'next'> {
  const { kind, listener, devices, exchanges } = port
  if (listener?.isAtLoopback === false)
    return {
      isWell: false,
      next: 'Let the program listen at 127.0.0.1, where MOSIP asks; not at ::1.',
    }
  if (kind === 'closed')
    return { isWell: false, next: 'Start the SBI: nothing answers at 127.0.0.1 on this port.' }
  if (kind === 'not-an-sbi' && !isAsked)
    return {
      isWell: true,
      next: 'If this should be an SBI, ask for this port alone: explain <port>.',
    }
  const refusal = exchanges.find(({ refused }) => refused !== undefined)?.refused
  if (refusal !== undefined) return { isWell: false, next: remedyFor(refusal) }
  const odd = devices.find(({ isWell }) => !isWell)
  if (odd !== undefined) return { isWell: false, next: odd.next }
  if (devices.length === 0)
    return {
      isWell: false,
      next: 'The SBI names no device: plug one in, or look into its own log.',
    }
  return {
    isWell: true,
    next: devices.map(({ next }) => next).find((next) => next !== NOTHING_TO_DO) ?? NOTHING_TO_DO,
  }
}
