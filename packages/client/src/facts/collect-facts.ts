import { statfs } from 'node:fs/promises'
import { arch, cpus, release, totalmem, uptime } from 'node:os'
import type { ClientClockState, DeviceFacts } from '@sanad/protocol/domain/device-facts'
import type { Sighting } from '../discovery/sighting.ts'
import { PLATFORM } from '../platform/platform.ts'
import type { DeviceState } from '../state/device-state.ts'

/**
 * The facts of a device’s host, service and client, by the closed list of the protocol. Each is named here, one by
 * one; nothing is copied unread from an environment, an answer or a file, and nothing of it names a person or a
 * place.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4; Management Client, 10.
 */

export interface ClientFacts {
  readonly clientVersion: string
  readonly keyStore: NonNullable<DeviceFacts['keyStore']>
  readonly clockState: ClientClockState
  readonly clockUncertaintyMs: number | undefined
}

/** What was seen of one device and its link since the last check-in. */
export interface ObservedDevice {
  readonly sighting: Sighting
  readonly level: DeviceState['level']
  /** Undefined when the SBI did not answer. */
  readonly sbiAnswerMs: number | undefined
  readonly roundTripMs: number | undefined
  /** Since the last check-in that was answered. */
  readonly failures: number
}

/** Reads what changes slowly; asked now and then, because a check-in does not wait for it. */
export class HostFacts {
  readonly #stateDirectory: string
  #operatingSystem: string | undefined
  #storage: Pick<DeviceFacts, 'storageTotalMb' | 'storageFreeMb'> = {}

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory
  }

  async refresh(): Promise<void> {
    this.#operatingSystem ??= await PLATFORM.host.readOperatingSystem()
    this.#storage = await readStorage(this.#stateDirectory)
  }

  collect(): DeviceFacts {
    return {
      ...(this.#operatingSystem !== undefined && { operatingSystem: this.#operatingSystem }),
      kernel: printable(release(), 64),
      architecture: readArchitecture(),
      timeZone: printable(Intl.DateTimeFormat().resolvedOptions().timeZone, 64),
      processors: Math.min(1024, cpus().length),
      memoryMb: Math.round(totalmem() / MEGABYTE),
      ...this.#storage,
      hostUptimeHours: Math.floor(uptime() / 3600),
      clientUptimeHours: Math.floor(process.uptime() / 3600),
      // To the nearest 8 MB, so that it does not change with every check-in.
      clientMemoryMb: Math.round(process.memoryUsage.rss() / MEGABYTE / 8) * 8,
    }
  }
}

const MEGABYTE = 1024 * 1024
const ARCHITECTURES = ['x64', 'arm64', 'arm', 'ia32'] as const

export function collectFacts(
  host: HostFacts,
  client: ClientFacts,
  seen: ObservedDevice,
): DeviceFacts {
  const { sighting, sbiAnswerMs, roundTripMs, failures } = seen
  const { clockUncertaintyMs, clientVersion, keyStore, clockState } = client
  return {
    ...host.collect(),
    clientVersion: printable(clientVersion, 32),
    clientFailures: Math.min(1_000_000, failures),
    keyStore,
    clockState,
    ...(clockUncertaintyMs !== undefined && {
      clockUncertaintyMs: roundUp(clockUncertaintyMs, 1_000_000_000),
    }),
    ...(roundTripMs !== undefined && { roundTripMs: roundUp(roundTripMs, 600_000) }),
    ...(isSbiPort(sighting.port) && { sbiPort: sighting.port }),
    ...(sighting.errorCode !== undefined && { sbiErrorCode: sighting.errorCode }),
    ...(sbiAnswerMs !== undefined && { sbiAnswerMs: roundUp(sbiAnswerMs, 600_000) }),
    serviceVersion: printable(sighting.serviceVersion, 64),
    firmware: printable(sighting.firmware, 64),
  }
}

/** To the nearest 100 MB, so that it does not change with every check-in. */
async function readStorage(
  path: string,
): Promise<Pick<DeviceFacts, 'storageTotalMb' | 'storageFreeMb'>> {
  const found = await statfs(path).catch(() => undefined)
  if (found === undefined) return {}
  const inMegabytes = (blocks: number): number =>
    Math.min(1_000_000_000, Math.round((blocks * found.bsize) / MEGABYTE / 100) * 100)
  return { storageTotalMb: inMegabytes(found.blocks), storageFreeMb: inMegabytes(found.bavail) }
}

const readArchitecture = (): NonNullable<DeviceFacts['architecture']> =>
  ARCHITECTURES.find((known) => known === arch()) ?? 'other'

const isSbiPort = (port: number): boolean => port >= 4501 && port <= 4600

/** To ten milliseconds: a network that is as it was is no news. */
const roundUp = (ms: number, most: number): number => Math.min(most, Math.ceil(ms / 10) * 10)

const printable = (text: string, longest: number): string =>
  text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, longest)
