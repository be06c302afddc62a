import { afterAll, beforeAll } from 'vitest'
import { readProviderRequest, startTestRevocation, type TestRevocation } from './test-revocation.ts'

/** What the tests of revocation lists share: an issuer, and certificates that it revokes. */

export let revocation: TestRevocation
/** The provider’s certificate as the country’s CA signed it, and that CA. */
export let countrySigned: string
export let countryCa: string

beforeAll(async () => {
  revocation = await startTestRevocation()
  const { country, keepPem } = revocation
  countrySigned = await keepPem(
    'country-signed',
    await country.certifyProvider(await readProviderRequest(revocation)),
  )
  countryCa = await keepPem('country-ca', country.providerCa.pem)
  await revocation.lists.publishDue()
})
afterAll(() => revocation[Symbol.asyncDispose]())

export const issue = () => revocation.issuance.issue()

export async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const { clock } = revocation.issuance
  clock.now += ms
  try {
    return await work()
  } finally {
    clock.now -= ms
  }
}
