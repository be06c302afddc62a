import { randomUUID } from 'node:crypto'
import type { FtmProviderList } from '@sanad/protocol/operator-api/ftm-providers'
import type { FtmRevocationView } from '@sanad/protocol/operator-api/ftm-revocation'
import {
  DEFAULT_POLICY_SETTINGS,
  type PolicyList,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import type { Static } from 'typebox'
import { describe, expect, it } from 'vitest'
import { openTestProposals, proposalOf } from '../../../test/test-proposals.ts'
import { confirm, proposedBy, readProposal } from '../../../test/test-two-people.ts'

/** Policies are assigned, and terms of revoked chips are set, by two people. */

const proposals = openTestProposals()
const { addDevices } = proposals
const ask: (typeof proposals.amina)['ask'] = (...asked) => proposals.amina.ask(...asked)

const fleetPolicy = async (): Promise<string | undefined> => {
  const { items } = (await ask('GET', '/policies')).json<PolicyList>()
  return items.find(({ assignments }) => assignments.some(({ scope }) => scope === 'fleet'))
    ?.policyId
}

async function createPolicy(rotationDays: number): Promise<string> {
  const payload = {
    name: `Policy ${randomUUID()}`,
    settings: { ...DEFAULT_POLICY_SETTINGS, rotationDays },
  }
  return (await ask('POST', '/policies', { payload })).json<PolicyView>().policyId
}

describe('assigning a policy', () => {
  it('changes nothing before a second person confirms, and is then done', async () => {
    await addDevices(2)
    const before = await fleetPolicy()
    const policyId = await createPolicy(10)
    const assign = () =>
      ask('POST', `/policies/${policyId}/assignments`, { payload: { scope: 'fleet' } })
    const proposed = proposedBy(await assign())
    expect(proposed.kind).toBe('key-life')
    expect(await readProposal(proposals.bo, proposed)).toMatchObject({
      operation: 'assignPolicy',
      blastRadius: { effects: [{ effect: 'keys-change-life', when: 'next-check-in' }] },
    })
    expect(await fleetPolicy()).toBe(before)
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('carried-out')
    expect(await fleetPolicy()).toBe(policyId)
  })

  it('needs no second person where every policy gives keys the same life', async () => {
    const ruling = (await ask('GET', `/policies/${await fleetPolicy()}`)).json<PolicyView>()
    const policyId = await createPolicy(ruling.settings.rotationDays)
    const reply = await ask('POST', `/policies/${policyId}/assignments`, {
      payload: { scope: 'fleet' },
    })
    expect(reply.statusCode, reply.body).toBeLessThan(300)
    expect(reply.statusCode).not.toBe(202)
    expect(await fleetPolicy()).toBe(policyId)
  })
})

describe('setting how revoked chips are treated', () => {
  const providerId = async (): Promise<string> => {
    const { items } = (await ask('GET', '/ftm-providers')).json<Static<typeof FtmProviderList>>()
    return items[0]?.ftmProviderId ?? ''
  }
  const read = async (id: string): Promise<FtmRevocationView> =>
    (await ask('GET', `/ftm-providers/${id}/revocation`)).json<FtmRevocationView>()

  it('changes nothing before a second person confirms, and is then done', async () => {
    const id = await providerId()
    const { revocationPolicy, url } = await read(id)
    const wanted = revocationPolicy === 'refuse' ? 'warn' : 'refuse'
    const payload = { revocationPolicy: wanted, url }
    const proposed = proposedBy(await ask('POST', `/ftm-providers/${id}/revocation`, { payload }))
    expect(proposed.kind).toBe('ftm-provider')
    expect((await read(id)).revocationPolicy).toBe(revocationPolicy)
    expect((await readProposal(proposals.bo, proposed)).blastRadius.changes).toEqual([
      { member: 'revocationPolicy', from: revocationPolicy, to: wanted },
    ])
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('carried-out')
    expect((await read(id)).revocationPolicy).toBe(wanted)
  })

  it('needs no second person where nothing would be different', async () => {
    const id = await providerId()
    const { revocationPolicy, url } = await read(id)
    const payload = { revocationPolicy, url }
    const reply = await ask('POST', `/ftm-providers/${id}/revocation`, { payload })
    expect(reply.statusCode).toBe(200)
  })
})
