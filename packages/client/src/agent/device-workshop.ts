import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientConfiguration } from '@sanad/protocol/domain/commands'
import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import type { LogRing } from '../log/log-ring.ts'
import type { Workshop } from '../commands/workshop.ts'
import type { PortRange } from '../discovery/port-range.ts'
import { replaceFile } from '../base/durable-files.ts'
import { orStorageFailure } from '../base/storage-failure.ts'
import { chooseRule } from '../hand-over/hand-over-rules.ts'
import { runReloadHook } from '../hand-over/reload-hook.ts'
import type { ClientConfig } from './config.ts'
import type { Foundation } from './foundation.ts'
import type { LogLevel } from '../log/log.ts'

/** What this program can do for the commands of one device. */

export interface WorkshopParts {
  readonly identity: DeviceIdentity
  readonly config: ClientConfig
  readonly foundation: Pick<Foundation, 'server' | 'settings' | 'roots'>
  readonly restart: (() => void) | undefined
  readonly run: string
  readonly ring: LogRing
  readonly portsInUse: () => readonly number[]
  readonly setLogLevel: (level: LogLevel) => void
  readonly lookIn: (ports: PortRange) => void
}

export function makeWorkshop(parts: WorkshopParts): Workshop {
  const { identity, config, foundation, restart, run, ring } = parts
  const { server, settings, roots } = foundation
  const reload = chooseRule(config.handOver ?? [], identity)?.reload ?? { kind: 'none' }
  return {
    managementRoots: roots,
    run,
    maintenanceWindow: () => settings.current.maintenanceWindow,
    collectLogs: (since, limit) => ring.collect(since, limit, server.clock.now()),
    applyConfiguration: (configuration) => apply(configuration, parts),
    restartClient: restart,
    restartSbi: reload.kind === 'none' ? undefined : () => runReloadHook(reload),
    tryStorage: () => orStorageFailure(tryStorage(config.stateDirectory)),
    measureTime: (signal) => server.measure(signal),
    // The floor yields to the order that the server keeps at its reset door, in no other way.
    resetTime: async () => void (await server.measure()),
  }
}

/** Refuses a port range without a device's port: no later command could reach that device to undo it. */
async function apply(configuration: ClientConfiguration, parts: WorkshopParts): Promise<void> {
  const { logLevel, portRange } = configuration
  if (portRange !== undefined) {
    const isLeftOut = (port: number): boolean => port < portRange.from || port > portRange.to
    if (parts.portsInUse().some(isLeftOut))
      throw new SanadError('client.configuration-invalid', 'a device is outside of portRange')
  }
  await parts.foundation.settings.change(configuration)
  if (logLevel !== undefined) parts.setLogLevel(logLevel)
  if (portRange !== undefined) parts.lookIn(portRange)
}

async function tryStorage(folder: string): Promise<void> {
  const path = join(folder, 'self-test')
  const content = String(performance.now())
  await replaceFile(path, content)
  const found = await readFile(path, 'utf8')
  await rm(path)
  if (found !== content) throw new SanadError('client.storage-failed', 'another content')
}
