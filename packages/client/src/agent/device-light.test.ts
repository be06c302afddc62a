import { describe, expect, it } from 'vitest'
import { PROBLEMS, type ProblemCode } from '@sanad/protocol/problems'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from '../state/device-state.ts'
import { type LiveView, adviseOn, adviseOnProblem } from './device-light.ts'
import { pick } from './log.ts'
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
    ['on its way', { progress: 'certified' }, {}, 'amber', /being registered/],
    ['an impostor server', {}, { problem: 'client.wrong-server' }, 'red', /Another server/],
    ['no server', {}, { problem: 'client.server-unreachable' }, 'amber', /tried again/],
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
      reportDevice(registered, { ...fine, port: 4501 }, NOW),
      reportDamaged('EXS000000000002-0123456789abcdef.state'),
    ],
  }

  it('names each device, its light and what to do', () => {
    const text = printStatus(report, false)
    expect(text).toContain('green  Example  Slap 442  EXS000000000001  L1')
    expect(text).toContain('last check-in 2023-11-14 22:13 UTC')
    expect(text).toContain('red    EXS000000000002\n')
    expect(text).toContain('Tell the provider’s support before you remove it.')
    expect(text).not.toContain('\u001B')
    expect(printStatus(report, true)).toContain('\u001B[32m●')
  })
})

it('logs no field that is not on its list, whatever an object carries', () => {
  const more = { serialNo: 'X', bioValue: 'secret', digitalId: 'eyJ' }
  expect(pick(more)).toEqual({ serialNo: 'X' })
})
