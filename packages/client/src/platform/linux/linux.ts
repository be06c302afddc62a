import { join } from 'node:path'
import type { Platform } from '../platform.ts'
import { linuxAccess } from './access.ts'
import { linuxDisk } from './disk.ts'
import { lockFolder } from './folder-lock.ts'
import { linuxHost } from './host.ts'
import { linuxPrograms } from './programs.ts'
import { statusSocket } from './status-door.ts'
import { systemdSupervisor } from './systemd.ts'

export const linux: Platform = {
  defaultConfig: '/etc/sanad/client.yaml',
  disk: linuxDisk,
  access: linuxAccess,
  host: linuxHost,
  programs: linuxPrograms,
  supervisor: systemdSupervisor(),
  lockFolder,
  statusDoor: statusSocket,
  chipAddress: (chipDirectory, serialNo) => join(chipDirectory, `${serialNo}.sock`),
}
