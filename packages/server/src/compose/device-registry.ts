import { endTrust } from '../certificates/end-of-trust.ts'
import { DeviceRegistry } from '../devices/device-registry.ts'
import type { WhenTrustEnds } from '../devices/operator-acts.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { type PurgeTerms, STANDARD_TERMS, orderPurges } from '../purge/order-purge.ts'

/** What ends with the trust in devices: keys are to be destroyed, and certificates are revoked. */
export const endTrustBy =
  (policies: PurgeTerms): WhenTrustEnds =>
  async (tx, ended, why) => {
    await orderPurges(tx, ended, why.at, policies)
    const deviceIds = ended.map(({ deviceId }) => deviceId)
    return endTrust(tx, deviceIds, why, why.at)
  }

/** The repository of devices, with what ends with the trust in one. */
export const makeDeviceRegistry = (
  database: Database,
  clock?: Clock,
  policies: PurgeTerms = STANDARD_TERMS,
): DeviceRegistry =>
  new DeviceRegistry({
    database,
    ...(clock !== undefined && { clock }),
    whenTrustEnds: endTrustBy(policies),
  })
