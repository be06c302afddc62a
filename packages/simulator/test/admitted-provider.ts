import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type AdmittedProvider, StandInCountry } from '../src/country/stand-in-country.ts'
import { makeProvider, ORGANISATION, type Provider } from './provider-request.ts'

/** What the tests of the stand-in country share: a country, and a provider that it admitted. */

export const directory = mkdtempSync(join(tmpdir(), 'sanad-country-'))
export let country: StandInCountry
export let provider: Provider
export let admitted: AdmittedProvider

beforeAll(async () => {
  country = await StandInCountry.open(join(directory, 'country'))
  provider = await makeProvider()
  admitted = await country.admitProvider(provider.requestPem, { organisation: ORGANISATION })
})
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
export function file(pem: string): string {
  const path = join(directory, `${files++}.pem`)
  writeFileSync(path, pem)
  return path
}
