import { AsyncLocalStorage } from 'node:async_hooks'
import type { PolicyList, PolicyView } from '@sanad/protocol/operator-api/policies'
import type { Proposed } from '@sanad/protocol/operator-api/proposals'
import { describe, expect, it } from 'vitest'
import { openTestProposals, proposalOf } from '../../../test/test-proposals.ts'
import { confirm, proposedBy, readProposal } from '../../../test/test-two-people.ts'

/** What a crash, a second attempt or a withdrawal leaves of a confirmed proposal. */

const proposals = openTestProposals()

const snapshot = AsyncLocalStorage.snapshot()
/** Another request, which is no part of what is being carried out. */
const outside = (ask: () => Promise<unknown>): Promise<unknown> => snapshot(async () => await ask())

describe('a crash while a proposal is carried out', () => {
  const policyOf = async (): Promise<PolicyView> => {
    const { items } = (await proposals.amina.ask('GET', '/policies')).json<PolicyList>()
    return (await proposals.amina.ask('GET', `/policies/${items[0]?.policyId}`)).json<PolicyView>()
  }
  const proposeChange = async (): Promise<Proposed> => {
    const { policyId, version, settings } = await policyOf()
    const rotationDays = settings.rotationDays === 29 ? 28 : 29
    const payload = { version, settings: { ...settings, rotationDays } }
    return proposedBy(
      await proposals.amina.ask('POST', `/policies/${policyId}/versions`, { payload }),
    )
  }
  const aMinuteLater = async (): Promise<void> => {
    proposals.two.advance(61_000)
    await proposals.two.runJob()
  }

  it('carries a confirmed proposal out after a crash before its effect', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    proposals.two.breakNext(() => Promise.reject(new Error('the power went')))
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('confirmed')
    expect((await policyOf()).version).toBe(version)
    await aMinuteLater()
    expect((await readProposal(proposals.bo, proposed)).state).toBe('carried-out')
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('does nothing twice after a crash behind the effect', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    proposals.two.breakNext(async (carryOut) => {
      await carryOut()
      throw new Error('the power went')
    })
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('carried-out')
    await aMinuteLater()
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('rolls back an attempt that another one has overtaken', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    const slow = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    proposals.two.breakNext(async (carryOut) => {
      begun.resolve()
      await slow.promise
      return carryOut()
    })
    const confirming = confirm(proposals.bo, proposed)
    await begun.promise
    await aMinuteLater()
    slow.resolve()
    expect(proposalOf(await confirming).state).toBe('carried-out')
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('does not carry out a proposal that was withdrawn before its effect committed', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    proposals.two.breakNext(async (carryOut) => {
      await outside(async () =>
        proposals.amina.ask('POST', `/proposals/${proposed.proposalId}/withdraw`),
      )
      return carryOut()
    })
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('withdrawn')
    expect((await policyOf()).version).toBe(version)
  })

  it('fails a proposal with the code that its operation was refused with', async () => {
    const proposed = await proposeChange()
    const other = await policyOf()
    const settings = { ...other.settings, checkInSeconds: other.settings.checkInSeconds - 1 }
    // Between the last look and the effect, another person changes what needs no second person.
    proposals.two.breakNext(async (carryOut) => {
      const payload = { version: other.version, settings }
      await outside(async () =>
        proposals.amina.ask('POST', `/policies/${other.policyId}/versions`, { payload }),
      )
      return carryOut()
    })
    expect(proposalOf(await confirm(proposals.bo, proposed))).toMatchObject({
      state: 'failed',
      failureCode: 'request.conflict',
    })
  })
})
