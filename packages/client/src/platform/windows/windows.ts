import { join, resolve } from 'node:path'
import type { Platform } from '../platform.ts'
import { windowsAccess } from './access.ts'
import { windowsDisk } from './disk.ts'
import { lockFolder } from './folder-lock.ts'
import { Helper } from './helper.ts'
import { windowsHost } from './host.ts'
import { windowsPrograms } from './programs.ts'
import { windowsSupervisor } from './service-link.ts'
import { statusPipe } from './status-pipe.ts'

const helper = new Helper()
const access = windowsAccess(helper)

export const windows: Platform = {
  defaultConfig: join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'Sanad', 'client.yaml'),
  disk: windowsDisk,
  access,
  host: windowsHost({ helper, access, disk: windowsDisk }),
  programs: windowsPrograms,
  supervisor: windowsSupervisor(),
  lockFolder,
  statusDoor: statusPipe,
  chipAddress: (chipDirectory, serialNo) => join(resolve(chipDirectory), serialNo),
}
