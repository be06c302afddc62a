import { type FleetDevice, registerFleet } from '../fleet.ts'
import { createModels, openProvider } from '../provider.ts'
import { type LoadKey, makeLoadKeys } from '../shared-primes.ts'
import type { Site } from '../site.ts'

/** Honest, registered devices: some for the strangers' courses, all of them for the overload. */
export interface Crowd {
  readonly site: Site
  readonly fleet: readonly FleetDevice[]
}

/** Those that a server answers in a second, so that a crowd fills its room and more. */
const DEVICES = 2_500

export async function makeCrowd(site: Site): Promise<Crowd> {
  const models = await createModels(site)
  await using provider = await openProvider(site)
  const keys: LoadKey[] = []
  for await (const key of makeLoadKeys(DEVICES)) keys.push(key)
  return { site, fleet: await registerFleet(site, provider, models, 'L0', DEVICES, keys) }
}
