import { PROBLEMS, type ProblemCode } from '@sanad/protocol/problems'
import type { DeviceState } from '../state/device-state.ts'

/** What a person beside the device should know: a traffic light and one sentence of what to do. */

export type Light = 'green' | 'amber' | 'red'

/** What only a running client knows. */
export interface LiveView {
  readonly isPluggedIn: boolean
  readonly deviceStatus: string | undefined
  readonly presentsCertificate: boolean
  readonly problem: ProblemCode | undefined
}

export interface Advice {
  readonly light: Light
  readonly sentence: string
}

const SENTENCES: Partial<Record<ProblemCode, Advice>> = {
  'client.server-unreachable': {
    light: 'amber',
    sentence:
      'The management server does not answer. It is tried again; check the network if this stays.',
  },
  'client.wrong-server': {
    light: 'red',
    sentence:
      'Another server answers in place of yours. Tell the provider’s support; do not change settings.',
  },
  'client.sbi-not-readable': {
    light: 'amber',
    sentence:
      'The device’s service does not answer as it should. Restart it, or plug the device in again.',
  },
  'client.key-store-failed': {
    light: 'red',
    sentence:
      'The device’s key cannot be used. Plug the device in again; then tell the provider’s support.',
  },
  'client.permissions-too-open': {
    light: 'red',
    sentence:
      'Others can read or change the client’s files. Tell your administrator; the log names the file.',
  },
  'client.state-damaged': {
    light: 'red',
    sentence:
      'The stored state of this device is damaged. Tell the provider’s support before you remove it.',
  },
  'client.storage-failed': {
    light: 'red',
    sentence: 'The client cannot write to its folder. Check the disk of this computer.',
  },
  'request.not-authentic': {
    light: 'amber',
    sentence:
      'The server does not recognise this device now. It is tried again; tell support if this stays.',
  },
}

/** @param now for display only: the clock of this computer will do */
export function adviseOn(state: DeviceState, live: LiveView | undefined, now: number): Advice {
  const problem = live?.problem
  if (problem !== undefined) return adviseOnProblem(problem)
  const { hold } = state
  if (hold !== undefined) {
    const light = hold.outcome === 'pending' ? 'amber' : 'red'
    return { light, sentence: hold.sentence }
  }
  if (live?.isPluggedIn === false)
    return {
      light: 'amber',
      sentence: 'The device is not plugged in, or its service is not running.',
    }
  if (state.progress !== 'registered')
    return { light: 'amber', sentence: 'The device is being registered. Leave it plugged in.' }
  if (state.lastCheckInAt === undefined)
    return { light: 'amber', sentence: 'The device is registered and about to check in.' }
  if (live?.presentsCertificate === false)
    return {
      light: 'amber',
      sentence: 'The device’s service does not use its certificate yet. Restart the service.',
    }
  if (now > (state.nextCheckInAt ?? 0) + OVERDUE_MS)
    return {
      light: 'amber',
      sentence: 'The device has not checked in for long. Connect this computer.',
    }
  if (live?.deviceStatus !== undefined && live.deviceStatus !== 'Ready')
    return {
      light: 'amber',
      sentence: `The device is registered, and says “${live.deviceStatus}”.`,
    }
  return { light: 'green', sentence: 'The device is registered. There is nothing to do.' }
}

const OVERDUE_MS = 3_600_000

export function adviseOnProblem(problem: ProblemCode): Advice {
  return SENTENCES[problem] ?? { light: 'red', sentence: PROBLEMS[problem].title }
}
