import type { DatabaseTransaction } from '../platform/database.ts'
import type { Choice } from './choose-commands.ts'
import { nextOpening } from './maintenance-window.ts'
import { type StoredCommand, wakeLater } from './waiting-commands.ts'

/** What only the hour of the day keeps wakes its device when the window opens. */
export async function waitForWindows(
  tx: DatabaseTransaction,
  { outsideWindow }: Choice<StoredCommand>,
  timeZone: string | undefined,
  now: number,
): Promise<void> {
  if (timeZone === undefined) return
  for (const { commandId, maintenanceWindow } of outsideWindow) {
    const opening =
      maintenanceWindow === null ? undefined : nextOpening(maintenanceWindow, timeZone, now)
    if (opening !== undefined) await wakeLater(tx, [commandId], opening)
  }
}
