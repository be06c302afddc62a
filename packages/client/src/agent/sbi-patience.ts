import { pause } from '../base/pause.ts'
import type { DeviceWatch, DeviceWatchOptions } from '../discovery/device-watch.ts'
import type { ClientConfig } from './config.ts'
import type { PluggedDevice } from './plugged-device.ts'

/** How long the client waits for SBIs, and when it asks one again that should have changed. */

/** What the configuration says of time, in milliseconds; the rest is the watch's own. */
export const toPatience = ({
  sbi = {},
}: Pick<ClientConfig, 'sbi'>): Pick<DeviceWatchOptions, 'timeoutMs' | 'goneAfterMs'> => ({
  ...(sbi.answerSeconds !== undefined && { timeoutMs: sbi.answerSeconds * 1000 }),
  ...(sbi.goneAfterSeconds !== undefined && { goneAfterMs: sbi.goneAfterSeconds * 1000 }),
})

/** Between two questions for a certificate that should have been shown already. */
const BETWEEN_DOUBTS_MS = 60_000

/** An SBI that signs with another certificate than its device has may take the right one at any time. */
export async function lookAgain(
  watch: Pick<DeviceWatch, 'lookAgain'>,
  devices: () => Iterable<PluggedDevice>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(BETWEEN_DOUBTS_MS, signal)
    for (const device of devices())
      if (device.isRegistered && !device.seen.presentsCertificate) watch.lookAgain(device.sighting)
  }
}
