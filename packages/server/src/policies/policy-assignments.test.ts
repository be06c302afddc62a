import { describe, expect, it } from 'vitest'
import {
  assign,
  book,
  create,
  expectRefused,
  fleetPolicy,
  head,
  lastEvent,
  makeGroup,
  models,
  NOWHERE,
  portal,
  read,
  unassign,
} from '../../test/policies-portal.ts'
import { approveTestDevice } from '../../test/test-devices.ts'

describe('POST /policies/:policyId/assignments', () => {
  it('replaces the policy of a model, a group or a device', async () => {
    const [first, second] = [await create(), await create()]
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    const targets = [
      { scope: 'model', targetId: models.slap.modelId },
      { scope: 'group', targetId: await makeGroup() },
      { scope: 'device', targetId: deviceId },
    ]
    for (const target of targets) {
      expect((await assign(first.policyId, target)).statusCode).toBe(200)
      expect((await assign(second.policyId, target)).statusCode).toBe(200)
      expect(await lastEvent()).toMatchObject({
        type: 'policy.assigned',
        data: { policyId: second.policyId, ...target },
      })
    }
    expect((await read(first.policyId)).assignments).toEqual([])
    expect((await read(second.policyId)).assignments).toMatchObject([
      { scope: 'model', name: 'Example Slap 442' },
      { scope: 'group', name: expect.stringMatching(/^Group/) as string },
      { scope: 'device', name: expect.stringMatching(/^EX/) as string },
    ])
    const before = await head()
    for (const target of targets) await assign(second.policyId, target)
    expect(await head()).toEqual(before)
    for (const { scope, targetId } of targets) await unassign(second.policyId, scope, targetId)
  })

  it('replaces the policy of the fleet, and refuses to remove it', async () => {
    const [standard, other] = [await fleetPolicy(), await create()]
    await assign(other.policyId, { scope: 'fleet' })
    expect((await fleetPolicy()).policyId).toBe(other.policyId)
    for (const targetId of ['all', NOWHERE]) {
      await expectRefused(() => unassign(other.policyId, 'fleet', targetId), {
        code: 'request.malformed',
      })
    }
    await assign(standard.policyId, { scope: 'fleet' })
  })

  it('refuses to assign a policy to an unknown or missing target', async () => {
    const { policyId } = await create()
    const missing = {
      model: 'model.not-found',
      group: 'group.not-found',
      device: 'device.not-found',
    }
    for (const [scope, code] of Object.entries(missing)) {
      await expectRefused(() => assign(policyId, { scope, targetId: NOWHERE }), { code })
      await expectRefused(() => assign(policyId, { scope }), { code: 'request.malformed' })
    }
    await expectRefused(() => assign(policyId, { scope: 'fleet', targetId: NOWHERE }), {
      code: 'request.malformed',
    })
    await expectRefused(() => assign(NOWHERE, { scope: 'fleet' }), { code: 'policy.not-found' })
  })
})

describe('DELETE /policies/:policyId/assignments/:scope/:targetId', () => {
  it('puts a target back under the next wider policy, and changes nothing when repeated', async () => {
    const { policyId } = await create()
    const target = { scope: 'model', targetId: models.face.modelId }
    await assign(policyId, target)
    const subject = { modelId: models.face.modelId, groupId: null, devicePolicyId: null }
    expect(book.policyOf(subject).policyId).toBe(policyId)
    await unassign(policyId, target.scope, target.targetId)
    expect(await lastEvent()).toMatchObject({ type: 'policy.unassigned', data: { ...target } })
    expect(book.policyOf(subject).policyId).toBe((await fleetPolicy()).policyId)
    const before = await head()
    expect((await unassign(policyId, target.scope, target.targetId)).statusCode).toBe(200)
    expect(await head()).toEqual(before)
  })
})
