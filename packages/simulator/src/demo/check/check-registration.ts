import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { Demo } from '../demo.ts'
import { waitUntil } from '../operator-api.ts'
import { type Promises, kept, keptIf, look } from './promise.ts'

/** A genuine device registers itself and appears in the portal. */
export async function checkRegistration(
  demo: Demo,
  promises: Promises,
  started: number,
): Promise<void> {
  const api = await demo.signIn()
  const wanted = demo.simulation.devices.length

  await look(promises, 'client finds the devices and registers them', async () => {
    const { items } = await waitUntil('three registered devices', async () => {
      const list = await api.require<DeviceList>('GET', '/devices?state=registered')
      return list.items.length === wanted ? list : undefined
    })
    return keptIf(
      items.length === wanted,
      'not all registered',
      `${((performance.now() - started) / 1000).toFixed(1)} s from an empty folder`,
    )
  })

  await look(promises, 'devices check in', async () => {
    await waitUntil('check-ins', async () => {
      const list = await api.require<DeviceList>('GET', '/devices')
      return list.items.every(({ presence }) => presence?.deviceStatus === 'Ready')
        ? list
        : undefined
    })
    return kept()
  })
}
