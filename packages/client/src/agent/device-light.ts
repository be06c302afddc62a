import { PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import type { Advice, Light } from './advice.ts'
import { CONNECTION_ADVICE } from './connection-advice.ts'
import type { DeviceState, Hold } from '../state/device-state.ts'

/** The light and the sentence of one device. */

/** What only a running client knows. */
export interface LiveView {
  readonly isPluggedIn: boolean
  readonly deviceStatus: string | undefined
  readonly presentsCertificate: boolean
  readonly problem: ProblemCode | undefined
}

/** Whole days without a check-in, once the server’s limit is exceeded; undefined for a device that is not registered. */
export function daysTooLongOffline(state: DeviceState, now: number): number | undefined {
  const { progress, lastCheckInAt, longestOfflineSeconds } = state
  if (progress !== 'registered' || lastCheckInAt === undefined) return undefined
  const offlineMs = now - lastCheckInAt
  if (longestOfflineSeconds === undefined || offlineMs <= longestOfflineSeconds * 1000)
    return undefined
  return Math.floor(offlineMs / DAY_MS)
}

const SENTENCES: Partial<Record<ProblemCode, Advice>> = {
  ...CONNECTION_ADVICE,
  'client.server-unreachable': {
    light: 'amber',
    sentence:
      'The management server does not answer. The client retries; check the network if this persists.',
  },
  'client.wrong-server': {
    light: 'red',
    sentence:
      'A different server answers at the address of yours. Contact the provider’s support; do not change settings.',
  },
  'client.sbi-not-readable': {
    light: 'amber',
    sentence:
      'The device’s service does not answer correctly. Restart it, or unplug the device and plug it in again.',
  },
  'client.sbi-too-slow': {
    light: 'amber',
    sentence:
      'The device’s service accepts connections and answers too slowly. Restart it; if that does not help, tell its maker that MOSIP waits ten seconds.',
  },
  'client.key-store-failed': {
    light: 'red',
    sentence:
      'The client cannot use the device’s key. Unplug the device and plug it in again; if that does not help, contact the provider’s support.',
  },
  'client.host-changed': {
    light: 'red',
    sentence:
      'The identity of this computer is missing or has changed, so the device’s key cannot be used. Restore it (the log says what is missing); the client then continues. If that is impossible, contact the provider’s support.',
  },
  'client.permissions-too-open': {
    light: 'red',
    sentence:
      'Other accounts on this computer can read or change the client’s files. Tell your administrator; the log names the file.',
  },
  'client.state-damaged': {
    light: 'red',
    sentence:
      'The client’s stored state for this device is damaged. Contact the provider’s support; do not delete the file.',
  },
  'client.storage-failed': {
    light: 'red',
    sentence:
      'The client cannot read or write its files. Check the disk of this computer: whether it is full, read-only or failing. The client continues when it works again.',
  },
  'request.not-authentic': {
    light: 'amber',
    sentence:
      'The server does not recognise this device. The client retries; contact the provider’s support if this persists.',
  },
}

/** @param now trusted time if it is known, else the clock of this computer: only for display */
export function adviseOn(state: DeviceState, live: LiveView | undefined, now: number): Advice {
  const advice = adviseOnState(state, live, now)
  const days = daysTooLongOffline(state, now)
  if (days === undefined || advice.light === 'red') return advice
  const since = days < 2 ? 'more than a day' : `${days} days`
  return {
    light: 'red',
    sentence: `The device has not reached the server for ${since}. Connect this computer to the network; do not use the device until it has.`,
  }
}

function adviseOnState(state: DeviceState, live: LiveView | undefined, now: number): Advice {
  const problem = live?.problem
  if (problem !== undefined) return adviseOnProblem(problem)
  const { hold } = state
  if (live?.isPluggedIn === false) return adviseOnAbsent(hold)
  if (hold !== undefined) return { light: lightOf(hold), sentence: hold.sentence }
  if (state.progress === 'purge-ordered' || state.progress === 'key-discarded')
    return {
      light: 'red',
      sentence: 'The device was de-registered. The client is destroying its keys.',
    }
  if (state.purge !== undefined)
    return {
      light: 'red',
      sentence:
        'The device was de-registered and its keys are destroyed. Connect this computer to the network, so that the client can tell the server.',
    }
  if (state.recovery !== undefined || isPastEnd(state, now))
    return {
      light: 'red',
      sentence:
        'The device’s certificate has expired. Connect this computer to the network, so that the client can ask for a new one.',
    }
  if (state.progress !== 'registered')
    return {
      light: 'amber',
      sentence: 'The client is registering the device. Leave it plugged in.',
    }
  if (state.lastCheckInAt === undefined)
    return {
      light: 'amber',
      sentence: 'The device is registered and about to check in for the first time.',
    }
  if (live?.presentsCertificate === false)
    return {
      light: 'amber',
      sentence: 'The device’s service does not use its new certificate yet. Restart the service.',
    }
  const { trouble } = state.rotation ?? {}
  if (trouble !== undefined)
    return {
      light: 'amber',
      sentence: `The device works, but the server refused its next key: ${trouble.sentence}`,
    }
  if (now > (state.nextCheckInAt ?? now) + OVERDUE_MS)
    return {
      light: 'amber',
      sentence: 'The device’s check-in is overdue. Connect this computer to the network.',
    }
  if (live?.deviceStatus !== undefined && live.deviceStatus !== 'Ready')
    return {
      light: 'amber',
      sentence: `The device is registered. Its service reports “${live.deviceStatus}”.`,
    }
  return { light: 'green', sentence: 'The device is registered. There is nothing to do.' }
}

const isPastEnd = ({ progress, certificateNotAfter }: DeviceState, now: number): boolean =>
  progress === 'registered' && certificateNotAfter !== undefined && now > certificateNotAfter

const OVERDUE_MS = HOUR_MS

export function adviseOnProblem(problem: ProblemCode): Advice {
  const { title } = PROBLEMS[problem]
  const isOfSbi = problem.startsWith('client.sbi-')
  return (
    SENTENCES[problem] ??
    (isOfSbi
      ? { light: 'amber', sentence: `${title} Tell the maker of the device’s service.` }
      : { light: 'red', sentence: title })
  )
}

const lightOf = ({ outcome }: Hold): Light => (outcome === 'pending' ? 'amber' : 'red')

export const UNPLUGGED: Advice = {
  light: 'amber',
  sentence: 'The device is not plugged in, or its service is not running.',
}

/** What the server said last may no longer be true, and only a device that is there can ask again. */
function adviseOnAbsent(hold: Hold | undefined): Advice {
  if (hold === undefined) return UNPLUGGED
  return {
    light: lightOf(hold),
    sentence: `${UNPLUGGED.sentence} The server’s last answer was: “${hold.sentence}”`,
  }
}
