import {
  DEFAULT_POLICY_SETTINGS,
  type PolicySettings,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { describe, expect, it } from 'vitest'
import {
  assign,
  book,
  create,
  expectRefused,
  fleetPolicy,
  head,
  lastEvent,
  models,
  NOWHERE,
  officer,
  portal,
  read,
  settingsWith,
  unassign,
} from '../../test/policies-portal.ts'

describe('GET /policies', () => {
  it('begins with one policy for the whole fleet', async () => {
    const fleet = await fleetPolicy()
    expect(fleet).toMatchObject({ name: 'Standard', version: 1, settings: DEFAULT_POLICY_SETTINGS })
    const { versions } = await read(fleet.policyId)
    expect(versions).toMatchObject([{ version: 1, createdBy: null }])
  })
})

describe('POST /policies', () => {
  it('creates a policy without assignments, and records it', async () => {
    const policy = await create({ rotationDays: 20 })
    expect(policy).toMatchObject({ version: 1, assignments: [], devices: 0 })
    expect(policy.versions).toMatchObject([{ version: 1, createdBy: officer.name }])
    expect(await lastEvent()).toMatchObject({
      type: 'policy.created',
      data: { policyId: policy.policyId, name: policy.name },
    })
  })

  it('refuses a policy name that is taken, in any case of letters', async () => {
    const { name } = await create()
    const payload = { name: name.toUpperCase(), settings: DEFAULT_POLICY_SETTINGS }
    await expectRefused(() => officer.ask('POST', '/policies', { payload }), {
      code: 'policy.duplicate',
    })
  })

  const contradictions: readonly [string, Partial<PolicySettings>, RegExp][] = [
    [
      'a key that outlives its certificate’s allowed life',
      { rotationDays: 85, overlapDays: 10 },
      /^rotationDays, overlapDays, maximumCertificateDays/,
    ],
    [
      'a window longer than the period',
      { rotationDays: 1, rotationWindowHours: 25 },
      /^rotationWindowHours, rotationDays/,
    ],
    [
      'check-ins so rare that one lost makes a device late',
      { checkInSeconds: 86_400, longestOfflineDays: 1 },
      /^checkInSeconds, longestOfflineDays/,
    ],
    [
      'an absence longer than the overlap',
      { longestOfflineDays: 11 },
      /^longestOfflineDays, overlapDays/,
    ],
  ]
  it.each(contradictions)(
    'refuses a policy with %s, and names the fields',
    async (_title, changed, detail) => {
      const payload = { name: 'Contradiction', settings: settingsWith(changed) }
      await expectRefused(() => officer.ask('POST', '/policies', { payload }), {
        code: 'policy.settings-refused',
        detail: expect.stringMatching(detail),
      })
      const { policyId } = await fleetPolicy()
      const preview = await officer.ask('POST', `/policies/${policyId}/preview`, {
        payload: { settings: payload.settings },
      })
      expect(preview.json()).toMatchObject({ code: 'policy.settings-refused' })
    },
  )
})

describe('POST /policies/:policyId/versions', () => {
  const change = (policyId: string, version: number, settings: PolicySettings) =>
    officer.ask('POST', `/policies/${policyId}/versions`, { payload: { version, settings } })

  it('keeps every version of a policy, and applies the newest at once', async () => {
    const { policyId } = await create()
    await assign(policyId, { scope: 'model', targetId: models.face.modelId })
    const reply = await change(policyId, 1, settingsWith({ checkInSeconds: 600 }))
    expect(reply.json<PolicyView>().versions).toMatchObject([
      { version: 2, settings: { checkInSeconds: 600 }, createdBy: officer.name },
      { version: 1, settings: { checkInSeconds: 86_400 } },
    ])
    expect(await lastEvent()).toMatchObject({
      type: 'policy.changed',
      data: { policyId, version: 2 },
    })
    const subject = { modelId: models.face.modelId, groupId: null, devicePolicyId: null }
    expect(book.policyOf(subject)).toMatchObject({ version: 2, settings: { checkInSeconds: 600 } })
    await unassign(policyId, 'model', models.face.modelId)
  })

  it('refuses to change a policy that another person changed meanwhile', async () => {
    const { policyId } = await create()
    await change(policyId, 1, settingsWith({ checkInSeconds: 600 }))
    await expectRefused(() => change(policyId, 1, settingsWith({ checkInSeconds: 700 })), {
      code: 'request.conflict',
    })
  })

  it('makes one of two policy versions that come at once', async () => {
    const { policyId } = await create()
    const replies = await Promise.all(
      [600, 700].map((checkInSeconds) => change(policyId, 1, settingsWith({ checkInSeconds }))),
    )
    expect(replies.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([
      200, 409,
    ])
    expect((await read(policyId)).versions).toHaveLength(2)
  })

  it('makes no new policy version without a change', async () => {
    const { policyId } = await create()
    const before = await head()
    const reply = await change(policyId, 1, DEFAULT_POLICY_SETTINGS)
    expect(reply.json<PolicyView>().version).toBe(1)
    expect(await head()).toEqual(before)
  })

  it('refuses an unknown policy', () =>
    expectRefused(() => change(NOWHERE, 1, DEFAULT_POLICY_SETTINGS), { code: 'policy.not-found' }))
})

describe('policies', () => {
  it('shows policies to all roles, and lets only administrators and security officers change them', async () => {
    const { policyId } = await create()
    const payload = { name: 'Mine', settings: DEFAULT_POLICY_SETTINGS }
    for (const role of ['operator', 'technician', 'auditor'] as const) {
      const asker = await portal.signIn(role)
      expect((await asker.ask('GET', `/policies/${policyId}`)).statusCode).toBe(200)
      await expectRefused(() => asker.ask('POST', '/policies', { payload }), {
        code: 'operator.permission-missing',
      })
      await expectRefused(
        () =>
          asker.ask('POST', `/policies/${policyId}/assignments`, { payload: { scope: 'fleet' } }),
        { code: 'operator.permission-missing' },
      )
    }
  })
})
