import { type FleetDevice, registerFleet } from '../fleet.ts'
import { createModels, openProvider } from '../provider.ts'
import { type LoadKey, makeLoadKeys } from '../shared-primes.ts'
import type { Site } from '../site.ts'

/** Honest, registered devices: some for the strangers' courses, all of them for the overload. */
export interface Crowd {
  readonly site: Site
  readonly fleet: readonly FleetDevice[]
}

/** As many as can wait in a server that answers a thousand a second, each within a second. */
const DEVICES = 1_000

export async function makeCrowd(site: Site): Promise<Crowd> {
  const models = await createModels(site)
  await using provider = await openProvider(site)
  const keys: LoadKey[] = []
  for await (const key of makeLoadKeys(DEVICES)) keys.push(key)
  return { site, fleet: await registerFleet(site, provider, models, 'L0', DEVICES, keys) }
}
