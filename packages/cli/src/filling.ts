import { setTimeout as wait } from 'node:timers/promises'
import type { Filling } from '@sanad/protocol/operator-api/filling'
import { Progress } from './terminal.ts'
import type { Said } from './verb.ts'

/** Campaigns and orders to rotate exist at once; the devices of large ones are gathered afterwards. */

interface Filled {
  readonly devices: number
  readonly filling: Filling | null
}

const FOLLOW_EVERY_MS = 500

/** Until all of its devices are gathered; the server gathers them without us, too. */
export async function followFilling<View extends Filled>(
  { terminal }: Said,
  created: View,
  read: () => Promise<View>,
): Promise<View> {
  const progress = new Progress(terminal)
  let view = created
  while (view.filling !== null) {
    const { done, devices } = view.filling
    progress.show(done / Math.max(devices, 1), `${done} of ${devices} devices gathered`)
    await wait(FOLLOW_EVERY_MS)
    view = await read()
  }
  progress.end()
  return view
}

/** How many devices there are; of those that are still being gathered, how many are there by now. */
export const devicesOf = ({ devices, filling }: Filled): string =>
  filling === null ? String(devices) : `${filling.done} of ${filling.devices}`
