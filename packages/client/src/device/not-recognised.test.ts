import { describe, expect, it } from 'vitest'
import type { RequestType } from '@sanad/protocol/wire/messages'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState, PendingRequest } from '../state/device-state.ts'
import { dropUnrecognised } from './not-recognised.ts'

const NOW = Date.UTC(2026, 10, 30)
const { dateTime: _, ...identity } = DIGITAL_ID
const registered: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'registered',
  sequence: 9,
}

const waitingFor = (type: RequestType): { pending: PendingRequest } => ({
  pending: {
    type,
    text: '',
    mid: 'm',
    subject: 's',
    signedDigitalId: '',
    replyKey: 'AAAA',
    madeAt: NOW,
  },
})

describe('A 401', () => {
  it('makes the device ask for its certificate after the third check-in in a row, not before', () => {
    let state = registered
    for (const unrecognised of [1, 2]) {
      state = dropUnrecognised({ ...state, ...waitingFor('check-in') }, NOW)
      expect(state).toEqual({ ...registered, unrecognised })
    }
    state = dropUnrecognised({ ...state, ...waitingFor('check-in') }, NOW)
    expect(state).toEqual({ ...registered, reclaim: { refusals: 0 } })
  })

  it('delays the next question for commands by 15 minutes, and nothing else', () => {
    const commands = { highest: 7, held: [], areWaiting: true }
    const nextCheckInAt = NOW + MINUTE_MS
    const state = { ...registered, nextCheckInAt, commands }
    expect(dropUnrecognised({ ...state, ...waitingFor('commands') }, NOW)).toEqual({
      ...state,
      commands: { ...commands, notBefore: NOW + 15 * MINUTE_MS },
    })
  })

  it('drops a registration message with its challenge, so that the device asks for another', () => {
    const challenge = { nonce: 'n', expiresAt: NOW }
    const state = { ...registered, challenge, ...waitingFor('registration') }
    expect(dropUnrecognised(state, NOW)).toEqual(registered)
  })
})
