import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { add, clock, db, inputOf, kindOf, models, radiusOf } from '../../../test/radius-fleet.ts'
import { FtmRevocation } from '../../revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../../webhooks/address-guard.ts'
import { twoPersonOperations } from './two-person-operations.ts'

/** What a second person is shown of operations on FTM providers, counted on a real database. */

describe('FTM providers', () => {
  const ofProvider = (body: object | null = null) =>
    inputOf({ ftmProviderId: models.ftmProviderId }, body)

  it('to be added are shown with the certificate that chips would chain to', async () => {
    const body = { name: 'Silicon Ltd', certificatePem: models.factory.rootPem }
    // The test's factory began today, whatever the clock of this test says.
    const now = twoPersonOperations({
      database: db.database,
      clock: Date.now,
      foresight: { countEffects: () => Promise.reject(new Error('not asked')) },
      revocation: new FtmRevocation({ database: db.database, clock, guard: new AddressGuard() }),
    })
    const radius = await now.addFtmProvider.readRadius(inputOf({}, body))
    expect(radius).toMatchObject({ devices: 0, connected: 0, subject: 'Silicon Ltd' })
    expect(radius.effects).toEqual([
      { effect: 'chips-trusted', devices: null, when: 'next-registration' },
    ])
    expect(radius.changes.map(({ member }) => member)).toEqual(['certificate', 'certificateSha256'])
    expect(radius.changes[1]?.to).toMatch(/^[0-9a-f]{64}$/)
  })

  it('to be retired are shown with the registered devices whose chips they made', async () => {
    await add({ modelId: models.slap.modelId, isConnected: true })
    await add({ modelId: models.slap.modelId })
    await add({ modelId: models.slap.modelId, state: 'deregistered' })
    await add()
    expect(await radiusOf('retireFtmProvider', ofProvider({ reason: 'policy' }))).toEqual({
      devices: 2,
      connected: 1,
      subject: 'Chipworks',
      effects: [{ effect: 'chips-refused', devices: 2, when: 'next-registration' }],
      changes: [{ member: 'state', from: 'trusted', to: 'retired' }],
    })
  })

  it('that are not there are refused before anything is proposed', async () => {
    const nowhere = inputOf({ ftmProviderId: randomUUID() }, { reason: 'policy' })
    await expect(radiusOf('retireFtmProvider', nowhere)).rejects.toThrow('ftm-provider.not-found')
  })

  it('whose revoked chips are treated otherwise are shown before and after', async () => {
    await add({ modelId: models.slap.modelId })
    const url = 'https://chips.example/list.crl'
    const input = ofProvider({ revocationPolicy: 'refuse', url })
    expect(await kindOf('setFtmRevocation', input)).toBe('ftm-provider')
    expect(await radiusOf('setFtmRevocation', input)).toMatchObject({
      devices: 1,
      effects: [{ effect: 'chip-lists-change', devices: null, when: 'next-registration' }],
      changes: [
        { member: 'revocationPolicy', to: 'refuse' },
        { member: 'url', from: null, to: url },
      ],
    })
  })

  it('whose terms stay as they are need no second person', async () => {
    const { revocationPolicy, url } = await new FtmRevocation({
      database: db.database,
      clock,
      guard: new AddressGuard(),
    }).describe(models.ftmProviderId)
    expect(await kindOf('setFtmRevocation', ofProvider({ revocationPolicy, url }))).toBeUndefined()
  })
})
