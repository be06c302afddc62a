import { randomUUID } from 'node:crypto'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { describe, expect, it } from 'vitest'
import {
  MOST_JUDGED,
  NOW,
  add,
  db,
  fleet,
  fleetPolicyId,
  inputOf,
  kindOf,
  models,
  radiusOf,
} from '../../../test/radius-fleet.ts'

/** What a second person is shown of operations on policies, counted on a real database. */

describe('a policy that changes the life of keys', () => {
  const settingsOf = (more: object) => ({ ...DEFAULT_POLICY_SETTINGS, ...more })
  const change = (policyId: string, more: object) =>
    inputOf({ policyId }, { version: 1, settings: settingsOf(more) })

  it('counts its own devices, those connected, and keys that are due at once', async () => {
    await add({ isConnected: true, ageDays: 20 })
    await add({ ageDays: 1 })
    await add({ modelId: models.slap.modelId, ageDays: 20 })
    const policyId = await fleet.addPolicy(`Slaps ${randomUUID()}`)
    await fleet.setPolicy(policyId, DEFAULT_POLICY_SETTINGS, NOW)
    await fleet.assignPolicy(policyId, 'model', models.slap.modelId)
    const input = change(fleetPolicyId, { rotationDays: 14 })
    expect(await kindOf('changePolicy', input)).toBe('key-life')
    const radius = await radiusOf('changePolicy', input)
    expect(radius).toMatchObject({
      devices: 2,
      connected: 1,
      effects: [
        { effect: 'keys-change-life', devices: 2 },
        { effect: 'keys-due-at-once', devices: 1 },
      ],
    })
    expect(radius.changes).toContainEqual({ member: 'rotationDays', from: '30', to: '14' })
    await db.pool.query(`delete from policy_assignment where scope = 'model'`)
  })

  it('counts devices that could not recover any more', async () => {
    const device = await add({ ageDays: 60 })
    await db.pool.query(
      `update device_certificate set status = 'expired' where serial_number = $1`,
      [device.serialNumber],
    )
    const { effects } = await radiusOf('changePolicy', change(fleetPolicyId, { graceDays: 1 }))
    expect(effects).toContainEqual({ effect: 'recovery-ends', devices: 1, when: 'next-check-in' })
  })

  it('says “at least” of what it does not count to the end', async () => {
    for (let index = 0; index <= MOST_JUDGED; index++) await add({ ageDays: 20 })
    const radius = await radiusOf('changePolicy', change(fleetPolicyId, { rotationDays: 14 }))
    expect(radius).toMatchObject({
      devices: MOST_JUDGED + 1,
      effects: [
        { effect: 'keys-change-life', devices: MOST_JUDGED + 1 },
        { effect: 'keys-due-at-once', devices: MOST_JUDGED, isAtLeast: true },
        { effect: 'recovery-ends', devices: 0, isAtLeast: true },
      ],
    })
  })

  it('needs no second person where keys live as before', async () => {
    const input = change(fleetPolicyId, { checkInSeconds: 7_200 })
    expect(await kindOf('changePolicy', input)).toBeUndefined()
  })
})

describe('giving a policy to devices', () => {
  async function addShorter(): Promise<string> {
    const policyId = await fleet.addPolicy(`Shorter ${randomUUID()}`)
    await fleet.setPolicy(policyId, { ...DEFAULT_POLICY_SETTINGS, rotationDays: 10 }, NOW)
    return policyId
  }

  it('of a group counts the devices of that group, and names what ruled them', async () => {
    const groupId = await fleet.addGroup(`North ${randomUUID()}`)
    await add({ groupId, isConnected: true })
    await add({ groupId })
    await add()
    const policyId = await addShorter()
    const input = inputOf({ policyId }, { scope: 'group', targetId: groupId })
    expect(await kindOf('assignPolicy', input)).toBe('key-life')
    const radius = await radiusOf('assignPolicy', input)
    expect(radius).toMatchObject({
      devices: 2,
      connected: 1,
      effects: [{ effect: 'keys-change-life', devices: 2, when: 'next-check-in' }],
    })
    expect(radius.subject).toMatch(/^North /)
    expect(radius.changes).toContainEqual({ member: 'rotationDays', from: null, to: '10' })
  })

  it('of the whole fleet counts every registered device, and names the policy before', async () => {
    await add()
    await add({ modelId: models.slap.modelId })
    await add({ state: 'suspended' })
    const input = inputOf({ policyId: await addShorter() }, { scope: 'fleet' })
    const radius = await radiusOf('assignPolicy', input)
    expect(radius).toMatchObject({ devices: 2, subject: 'fleet' })
    expect(radius.changes[0]?.member).toBe('policy')
    expect(radius.changes[0]?.to).toMatch(/^Shorter/)
    expect(radius.changes[0]?.from).not.toBeNull()
  })

  it('and taking it away again count the same devices', async () => {
    await add({ modelId: models.slap.modelId })
    const policyId = await addShorter()
    const targetId = models.slap.modelId
    await fleet.assignPolicy(policyId, 'model', targetId)
    const radius = await radiusOf('unassignPolicy', inputOf({ policyId, scope: 'model', targetId }))
    expect(radius.devices).toBe(1)
    expect(radius.changes[0]).toMatchObject({ member: 'policy', to: null })
    await db.pool.query(`delete from policy_assignment where scope = 'model'`)
  })
})
