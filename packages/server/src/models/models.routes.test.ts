import { describe, expect, it } from 'vitest'
import { head, models, operator } from '../../test/fleet-portal.ts'
import { drawSerialNo } from '../../test/test-devices.ts'

describe('models and FTM providers', () => {
  it('lists models with the FTM provider that vouches for them', async () => {
    const reply = await operator.ask('GET', '/models')
    const { items } = reply.json<{ items: { make: string }[] }>()
    expect({ items: items.filter(({ make }) => make === 'Example') }).toMatchObject({
      items: [
        { model: 'Face 7', ftmProvider: null, l0Policy: 'operator-approval' },
        { model: 'Slap 442', ftmProvider: { name: 'Chipworks' }, l0Policy: null },
      ],
    })
    const providers = await operator.ask('GET', '/ftm-providers')
    expect(providers.json()).toMatchObject({
      items: [
        {
          name: 'Chipworks',
          subject: 'CN=Chipworks Root, O=Chipworks, C=ET',
          certificatePem: models.factory.rootPem,
        },
      ],
    })
  })

  it('approves no device of a retired model, and changes nothing when it is retired again', async () => {
    const created = await operator.ask('POST', '/models', {
      payload: {
        make: 'Example',
        model: 'Face 6',
        deviceType: 'Face',
        deviceSubType: 'Full face',
        deviceProvider: 'Example Devices',
        deviceProviderId: 'EXAMPLE',
        level: 'L0',
        l0Policy: 'enrolment-secret',
      },
    })
    expect(created.statusCode).toBe(201)
    const { modelId } = created.json<{ modelId: string }>()
    const retire = () =>
      operator.ask('POST', `/models/${modelId}/retire`, { payload: { reason: 'end-of-life' } })
    expect((await retire()).json()).toMatchObject({ state: 'retired' })
    const before = await head()
    expect((await retire()).statusCode).toBe(200)
    expect(await head()).toBe(before)
    const reply = await operator.ask('POST', '/devices', {
      payload: { modelId, serialNo: drawSerialNo() },
    })
    expect(reply.json()).toMatchObject({ code: 'registration.model-retired' })
  })

  it.each([
    ['L1 without an FTM provider', { level: 'L1' }],
    ['L0 without a policy', { level: 'L0' }],
    [
      'a sub-type of another type',
      { level: 'L0', l0Policy: 'enrolment-secret', deviceSubType: 'Slap' },
    ],
  ])('refuses a model: %s', async (_what, change) => {
    const before = await head()
    const reply = await operator.ask('POST', '/models', {
      payload: {
        make: 'Example',
        model: 'Face 5',
        deviceType: 'Face',
        deviceSubType: 'Full face',
        deviceProvider: 'Example Devices',
        deviceProviderId: 'EXAMPLE',
        ...change,
      },
    })
    expect(reply.json()).toMatchObject({ code: 'request.malformed' })
    expect(await head()).toBe(before)
  })
})
