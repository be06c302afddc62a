import { join } from 'node:path'
import type { Platform } from '../platform.ts'
import { waitForSignal } from '../stop-signals.ts'
import { linuxAccess } from './access.ts'
import { linuxDisk } from './disk.ts'
import { lockFolder } from './folder-lock.ts'
import { linuxHost } from './host.ts'
import { linuxPrograms } from './programs.ts'
import { statusSocket } from './status-door.ts'

export const linux: Platform = {
  defaultConfig: '/etc/sanad/client.yaml',
  disk: linuxDisk,
  access: linuxAccess,
  host: linuxHost,
  programs: linuxPrograms,
  supervisor: {
    tellReady: () => undefined,
    waitForStop: () => waitForSignal(['SIGTERM', 'SIGINT']),
  },
  lockFolder,
  statusDoor: statusSocket,
  chipAddress: (chipDirectory, serialNo) => join(chipDirectory, `${serialNo}.sock`),
}
