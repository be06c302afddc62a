import { PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
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

/** Longer than the server allows without a check-in. Never for one that is not registered. */
export function daysTooLongOffline(state: DeviceState, now: number): number | undefined {
  const { progress, lastCheckInAt, longestOfflineSeconds } = state
  if (progress !== 'registered' || lastCheckInAt === undefined) return undefined
  const offlineMs = now - lastCheckInAt
  if (longestOfflineSeconds === undefined || offlineMs <= longestOfflineSeconds * 1000)
    return undefined
  return Math.floor(offlineMs / DAY_MS)
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

/** @param now trusted time if it is known; the clock of this computer will do, for this is for display */
export function adviseOn(state: DeviceState, live: LiveView | undefined, now: number): Advice {
  const advice = adviseOnState(state, live, now)
  const days = daysTooLongOffline(state, now)
  if (days === undefined || advice.light === 'red') return advice
  const since = days < 2 ? 'more than a day' : `${days} days`
  return {
    light: 'red',
    sentence: `The device has not reached the provider for ${since}; do not use it until it has.`,
  }
}

function adviseOnState(state: DeviceState, live: LiveView | undefined, now: number): Advice {
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
  if (state.progress === 'purge-ordered' || state.progress === 'key-discarded')
    return { light: 'red', sentence: 'The device was de-registered; its keys are being destroyed.' }
  if (state.purge !== undefined)
    return {
      light: 'red',
      sentence:
        'The device was de-registered and its keys are destroyed; the provider is yet to be told. Connect this computer.',
    }
  if (state.recovery !== undefined || isPastEnd(state, now))
    return {
      light: 'red',
      sentence: 'The device’s certificate is over; a new one is asked for. Connect this computer.',
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
  const { trouble } = state.rotation ?? {}
  if (trouble !== undefined)
    return {
      light: 'amber',
      sentence: `The device works, and its key could not be replaced: ${trouble.sentence}`,
    }
  if (now > (state.nextCheckInAt ?? now) + OVERDUE_MS)
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

const isPastEnd = ({ progress, certificateNotAfter }: DeviceState, now: number): boolean =>
  progress === 'registered' && certificateNotAfter !== undefined && now > certificateNotAfter

const OVERDUE_MS = HOUR_MS

export function adviseOnProblem(problem: ProblemCode): Advice {
  return SENTENCES[problem] ?? { light: 'red', sentence: PROBLEMS[problem].title }
}
