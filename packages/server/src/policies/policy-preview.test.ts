import { randomUUID } from 'node:crypto'
import type { PolicyPreview, PolicySettings } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  assign,
  create,
  fleetPolicy,
  head,
  list,
  makeGroup,
  models,
  NOW,
  officer,
  portal,
  settingsWith,
  unassign,
} from '../../test/policies-portal.ts'
import { approveTestDevice } from '../../test/test-devices.ts'
import { planRotation } from '../rotation/plan-rotation.ts'

interface Certified {
  readonly modelId: string
  readonly groupId?: string
  readonly issuedDaysAgo?: number
  readonly lifeDays?: number
  readonly status?: string
  readonly lastCheckInDaysAgo?: number
  readonly state?: string
}

/** A registered device with its certificate, straight in the tables: the preview reads nothing else. */
async function certify({
  modelId,
  groupId,
  issuedDaysAgo = 1,
  lifeDays = 40,
  status = 'active',
  lastCheckInDaysAgo = 0,
  state = 'registered',
}: Certified): Promise<{ deviceId: string; issuedAt: number; notAfter: number }> {
  const { pool } = portal.db
  const deviceId = await approveTestDevice(portal.db, modelId)
  const [issuedAt, serial] = [NOW - issuedDaysAgo * DAY_MS, randomUUID().replaceAll('-', '')]
  const notAfter = issuedAt + lifeDays * DAY_MS
  await pool.query(
    'update device set state = $2, registered_at = $3, group_id = $4 where device_id = $1',
    [deviceId, state, new Date(issuedAt), groupId ?? null],
  )
  await pool.query(
    'insert into device_presence (device_id, last_seq, last_check_in_at) values ($1, 1, $2)',
    [deviceId, new Date(NOW - lastCheckInDaysAgo * DAY_MS)],
  )
  const providerId = await provider()
  const spki = serial + serial
  await pool.query(
    `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
       planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after)
     values ($1, $2, $3, $4, 'issued', $5, $5, 'x', 0, 'x', $5, $6)`,
    [serial, deviceId, spki, providerId, new Date(issuedAt), new Date(notAfter)],
  )
  await pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $7, 0, '')`,
    [serial, serial, deviceId, spki, providerId, status, new Date(issuedAt), new Date(notAfter)],
  )
  return { deviceId, issuedAt, notAfter }
}

let providerId: string | undefined
async function provider(): Promise<string> {
  if (providerId !== undefined) return providerId
  providerId = randomUUID()
  const hex = 'ab'.repeat(32)
  await portal.db.pool.query(
    `insert into provider_certificate (id, country, environment, thumbprint_sha256, hsm_key_id, crl_name,
       organisation, not_before, not_after, der, issuers, imported_at)
     values ($1, 'XT', 'test', $2, $2, $3, 'Example', '2026-01-01', '2029-01-01', '', '{}', now())`,
    [providerId, hex, hex.slice(0, 16)],
  )
  return providerId
}

describe('POST /policies/:policyId/preview', () => {
  const preview = async (policyId: string, changed: Partial<PolicySettings>) => {
    const payload = { settings: settingsWith(changed) }
    const reply = await officer.ask('POST', `/policies/${policyId}/preview`, { payload })
    expect(reply.statusCode, reply.body).toBe(200)
    return reply.json<PolicyPreview>()
  }

  it('previews which devices a policy change touches', async () => {
    const [ofModel, ofGroup, ofDevice] = [await create(), await create(), await create()]
    const groupId = await makeGroup()
    const { modelId } = models.slap
    await certify({ modelId })
    await certify({ modelId })
    await certify({ modelId, groupId })
    const { deviceId } = await certify({ modelId, groupId })
    await certify({ modelId, state: 'suspended' })
    await approveTestDevice(portal.db, modelId)
    await assign(ofModel.policyId, { scope: 'model', targetId: modelId })
    await assign(ofGroup.policyId, { scope: 'group', targetId: groupId })
    await assign(ofDevice.policyId, { scope: 'device', targetId: deviceId })

    const slap = { name: 'Example Slap 442' }
    const group = { name: `Group ${groupId}` }
    expect(await preview(ofModel.policyId, {})).toMatchObject({
      devices: 2,
      models: [{ ...slap, devices: 2 }],
      groups: [],
    })
    expect(await preview(ofGroup.policyId, {})).toMatchObject({
      devices: 1,
      models: [{ ...slap, devices: 1 }],
      groups: [{ ...group, devices: 1 }],
    })
    expect(await preview(ofDevice.policyId, {})).toMatchObject({ devices: 1 })
    expect((await list()).find(({ policyId }) => policyId === ofModel.policyId)?.devices).toBe(2)

    await unassign(ofModel.policyId, 'model', modelId)
    await unassign(ofGroup.policyId, 'group', groupId)
    await unassign(ofDevice.policyId, 'device', deviceId)
  })

  it('previews when each key is due, now and after the change, as the check-in will say', async () => {
    const { policyId, settings } = await create()
    const groupId = await makeGroup()
    await assign(policyId, { scope: 'group', targetId: groupId })
    const lives = [
      [0.1, 40],
      [5, 40],
      [12, 40],
      [29.9, 40],
      [3, 20],
      [12, 13],
    ] as const
    const certified = await Promise.all(
      lives.map(([issuedDaysAgo, lifeDays]) =>
        certify({ modelId: models.face.modelId, groupId, issuedDaysAgo, lifeDays }),
      ),
    )

    for (const changed of [{ rotationDays: 10 }, { rotationDays: 60 }, { overlapDays: 20 }]) {
      const answer = await preview(policyId, changed)
      const ends = (policy: PolicySettings) =>
        certified.map((certificate) => planRotation({ certificate, policy }).end)
      const dayOf = (end: number) => new Date(Math.max(end, NOW)).toISOString().slice(0, 10)
      const countOn = (policy: PolicySettings, day: string) =>
        ends(policy).filter((end) => dayOf(end) === day).length
      const proposed = settingsWith(changed)
      for (const { day, asItIs, asProposed } of answer.days) {
        expect({ day, asItIs, asProposed }).toEqual({
          day,
          asItIs: countOn(settings, day),
          asProposed: countOn(proposed, day),
        })
      }
      const sum = (of: 'asItIs' | 'asProposed') =>
        answer.days.reduce((total, each) => total + each[of], 0)
      expect([sum('asItIs'), sum('asProposed')]).toEqual([certified.length, certified.length])
      const dueAtOnce = ends(proposed).filter((end) => end <= NOW).length
      expect(answer).toMatchObject({ dueAtOnce, pacedHours: dueAtOnce / 2 / 3600 })
    }
    await unassign(policyId, 'group', groupId)
  })

  it('previews who would be offline for too long, and who could still recover', async () => {
    const { policyId } = await create()
    const groupId = await makeGroup()
    await assign(policyId, { scope: 'group', targetId: groupId })
    const device = { modelId: models.face.modelId, groupId }
    await certify({ ...device, lastCheckInDaysAgo: 4 })
    await certify({ ...device, lastCheckInDaysAgo: 8 })
    await certify({ ...device, issuedDaysAgo: 45, lifeDays: 40 })
    await certify({ ...device, issuedDaysAgo: 60, lifeDays: 40, status: 'expired' })

    expect(await preview(policyId, {})).toMatchObject({
      devices: 4,
      offlineTooLong: 1,
      couldRecover: 1,
      couldNotRecover: 1,
    })
    expect(await preview(policyId, { longestOfflineDays: 3, graceDays: 30 })).toMatchObject({
      offlineTooLong: 2,
      couldRecover: 2,
      couldNotRecover: 0,
    })
    expect(await preview(policyId, { recovery: 'refused' })).toMatchObject({
      couldRecover: 0,
      couldNotRecover: 2,
    })
    await unassign(policyId, 'group', groupId)
  })

  it('changes nothing by a preview of a policy', async () => {
    const { policyId } = await fleetPolicy()
    const [before, policies] = [await head(), await list()]
    await preview(policyId, { rotationDays: 7 })
    expect([await head(), await list()]).toEqual([before, policies])
  })
})
