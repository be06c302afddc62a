import { describe, expect, it } from 'vitest'
import { PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from '../state/device-state.ts'
import { type LiveView, adviseOn, adviseOnProblem } from './device-light.ts'
import { pick } from '../log/log.ts'
import { reportDamaged, reportDevice } from './status-report.ts'
import { printStatus } from './status-table.ts'

const NOW = 1_700_000_000_000
const { dateTime: _, ...identity } = DIGITAL_ID
const registered: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'registered',
  sequence: 1,
  key: { keyId: 'k'.repeat(43), spki: 'AAAA' },
  certificates: ['AAAA'],
  lastCheckInAt: NOW - 1000,
  nextCheckInAt: NOW + 1000,
}
const fine: LiveView = {
  isPluggedIn: true,
  deviceStatus: 'Ready',
  presentsCertificate: true,
  problem: undefined,
}
const away = { longestOfflineSeconds: 7 * 86_400 }
const rotation = { start: NOW, end: NOW + DAY_MS, reason: 'scheduled', at: NOW + 5 } as const
const words = { supportCode: 'ABCD-2345', sentence: 'Not this key.' }
const troubled = { ...rotation, trouble: { refusals: 1, ...words } }
const purge = {
  jws: 'j',
  mid: 'm',
  subject: 's',
  signedDigitalId: '',
  replyKey: 'AAAA',
  madeAt: NOW,
}
const hold = { supportCode: 'ABCD-2345', sentence: 'Wait for approval.', until: NOW }

describe('The light of a device', () => {
  it.each<[string, Partial<DeviceState>, Partial<LiveView> | undefined, string, RegExp]>([
    ['all well', {}, {}, 'green', /nothing to do/],
    ['all well, by the stored state alone', {}, undefined, 'green', /nothing to do/],
    ['unplugged', {}, { isPluggedIn: false }, 'amber', /not plugged in/],
    ['busy', {}, { deviceStatus: 'Busy' }, 'amber', /Busy/],
    ['an SBI without its certificate', {}, { presentsCertificate: false }, 'amber', /Restart/],
    ['waiting', { hold: { ...hold, outcome: 'pending' } }, {}, 'amber', /Wait for approval/],
    ['refused', { hold: { ...hold, outcome: 'refused' } }, {}, 'red', /Wait for approval/],
    ['overdue', { nextCheckInAt: NOW - 4_000_000 }, {}, 'amber', /Connect this computer/],
    [
      'away for too long',
      { ...away, lastCheckInAt: NOW - 8 * DAY_MS },
      {},
      'red',
      /for 8 days.*do not use the device/,
    ],
    [
      'away for too long, and no server',
      { ...away, lastCheckInAt: NOW - 8 * DAY_MS },
      { problem: 'client.server-unreachable' },
      'red',
      /for 8 days.*do not use the device until it has/,
    ],
    [
      'away for less than that',
      { ...away, lastCheckInAt: NOW - 6 * DAY_MS },
      {},
      'green',
      /nothing to do/,
    ],
    ['past the end of its certificate', { certificateNotAfter: NOW - 1 }, {}, 'red', /has expired/],
    ['recovering', { recovery: {} }, {}, 'red', /ask for a new one/],
    [
      'recovering, and waiting for approval',
      { recovery: {}, hold: { ...hold, outcome: 'pending' } },
      {},
      'amber',
      /Wait for approval/,
    ],
    [
      'refused a new key',
      { rotation: troubled },
      {},
      'amber',
      /works, but the server refused its next key: Not this key/,
    ],
    ['de-registered', { progress: 'key-discarded' }, {}, 'red', /is destroying its keys/],
    [
      'purged',
      { progress: 'identified', purge },
      {},
      'red',
      /so that the client can tell the server/,
    ],
    ['on its way', { progress: 'certified' }, {}, 'amber', /registering the device/],
    ['an impostor server', {}, { problem: 'client.wrong-server' }, 'red', /A different server/],
    ['no server', {}, { problem: 'client.server-unreachable' }, 'amber', /The client retries/],
  ])('%s', (__, state, live, light, sentence) => {
    const view = live === undefined ? undefined : { ...fine, ...live }
    const advice = adviseOn({ ...registered, ...state }, view, NOW)
    expect(advice.light).toBe(light)
    expect(advice.sentence).toMatch(sentence)
  })

  it('has a sentence for every problem there is', () => {
    for (const code of Object.keys(PROBLEMS) as ProblemCode[])
      expect(adviseOnProblem(code).sentence).toMatch(/\.$/)
  })
})

describe('The status for people', () => {
  const report = {
    isRunning: true,
    clientVersion: '0',
    serverId: 'server.test',
    devices: [
      reportDevice({ ...registered, ...away, rotation }, { ...fine, port: 4501 }, NOW),
      reportDamaged('EXS000000000002-0123456789abcdef.state'),
    ],
  }

  it('prints each device, its light and what to do', () => {
    const text = printStatus(report, false)
    expect(text).toContain('green  Example  Slap 442  EXS000000000001  L1')
    expect(text).toContain('last check-in 2023-11-14 22:13 UTC')
    expect(text).toContain('key in use, next rotation 2023-11-14 22:13 UTC')
    expect(text).toContain('red    EXS000000000002\n')
    expect(text).toContain('do not delete the file.')
    expect(text).not.toContain('\u001B')
    expect(printStatus(report, true)).toContain('\u001B[32m●')
  })
})

describe('The status for programs', () => {
  it('reports the next rotation, the state of the key, and a device that was away for too long', () => {
    const state = { ...registered, ...away, rotation, certificateNotAfter: NOW + 9 * DAY_MS }
    expect(reportDevice(state, undefined, NOW)).toMatchObject({
      keyState: 'in use',
      nextRotationAt: new Date(NOW + 5).toISOString(),
      rotationReason: 'scheduled',
      certificateNotAfter: new Date(NOW + 9 * DAY_MS).toISOString(),
      offlineTooLong: false,
    })
    expect(reportDevice(state, undefined, NOW + 8 * DAY_MS)).toMatchObject({ offlineTooLong: true })
  })

  const successor = { keyId: 's'.repeat(43), spki: 'AAAA', stage: 'key-made' } as const
  it.each<[string, Partial<DeviceState>]>([
    ['in use', {}],
    ['in use; the next key is waiting for its certificate', { successor }],
    [
      'new certificate received, being installed',
      { successor: { ...successor, stage: 'certified' } },
    ],
    ['new key in use, not confirmed by the server yet', { superseded: successor.keyId }],
    ['in use; the server refused the next key', { rotation: troubled }],
    ['certificate expired; a new key is being made', { recovery: {} }],
    ['certificate expired; a new key is waiting for its certificate', { recovery: {}, successor }],
    ['keys being destroyed', { progress: 'purge-ordered' }],
    ['keys destroyed; the server does not know yet', { progress: 'identified', purge }],
    ['no key yet', { progress: 'identified' }],
    [
      'keys destroyed; their certificate had expired, so the client could not sign a purge certificate',
      { progress: 'identified', unsignedPurge: 'certificate-over' },
    ],
  ])('calls the key: %s', (keyState, state) => {
    expect(reportDevice({ ...registered, ...state }, undefined, NOW)).toMatchObject({ keyState })
  })
})

it('logs no field that is not on its list, even if an object has more', () => {
  const more = { serialNo: 'X', bioValue: 'secret', digitalId: 'eyJ' }
  expect(pick(more)).toEqual({ serialNo: 'X' })
})
