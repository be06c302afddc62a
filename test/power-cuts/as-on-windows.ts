import './come-between.ts'
import { PLATFORM } from '../../packages/client/src/platform/platform.ts'
import { windowsDisk } from '../../packages/client/src/platform/windows/disk.ts'

/**
 * From now on the client of this process writes as it does on Windows, and the disk promises no more than Windows
 * does: so the model of that disk is tried where the campaign runs.
 */
export function writeAsOnWindows(): void {
  Object.assign(PLATFORM, { disk: windowsDisk })
}
