import { join } from 'node:path'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { ChannelledLink } from '../channel/channelled-link.ts'
import { ClientSettings } from '../commands/client-settings.ts'
import { openPrivateFolder } from '../base/private-folder.ts'
import { orStorageFailure } from '../base/storage-failure.ts'
import type { KeyPlaces } from '../key-stores/open-device-keys.ts'
import { HostSeal } from '../key-stores/host-seal.ts'
import { PLATFORM } from '../platform/platform.ts'
import { TokenLinks } from '../key-stores/token/token-links.ts'
import { HttpsLink } from '../server-link/https-link.ts'
import { LinkHealth } from '../server-link/link-health.ts'
import { ManagementServer } from '../server-link/management-server.ts'
import { type Connected, connectPinned } from '../server-link/pinned-connection.ts'
import { readPinnedRoots } from '../server-link/pinned-roots.ts'
import { TrustedClock } from '../trusted-time/trusted-clock.ts'
import { DeviceStateStore } from '../state/device-state-store.ts'
import { openInstallation } from '../state/installation.ts'
import { TimeFloor } from '../trusted-time/time-floor.ts'
import { type ClockResetEvent, ClockResets } from '../trusted-time/clock-resets.ts'
import { TimeReceipts } from '../trusted-time/time-receipts.ts'
import type { ClientConfig } from './config.ts'
import { readNamedFile } from './named-file.ts'
import { openProxy } from './open-proxy.ts'
import { beOnlyClient } from './only-client.ts'

/** What all devices of this machine share, put together in one place. */
export interface Foundation {
  readonly store: DeviceStateStore
  readonly server: ManagementServer
  /** The pinned management roots. */
  readonly roots: readonly Certificate[]
  readonly places: KeyPlaces
  /** Names this state folder, for ever. */
  readonly installation: string
  /** Settings from the server. */
  readonly settings: ClientSettings
  /** Carries messages to the server; uses the live channel once it is given one. */
  readonly door: ChannelledLink
  readonly connect: (connected: Connected) => void
  /** How the last exchange with the server went. */
  readonly health: LinkHealth
  readonly open: AsyncDisposableStack
}

/** Inside the state folder. */
export const DEVICES_FOLDER = 'devices'
export const RECEIPTS_FILE = 'time-receipts'
export const SEEN_FILE = 'last-seen'

/** @throws SanadError `client.already-running`, `client.configuration-invalid`, `client.permissions-too-open` … */
export async function layFoundation(
  config: ClientConfig,
  noteReset: (event: ClockResetEvent) => void = () => undefined,
): Promise<Foundation> {
  const { chipDirectory, handOverDirectory, stateDirectory, serverId } = config
  const folder = (name: string): string => join(stateDirectory, name)
  await orStorageFailure(openPrivateFolder(stateDirectory))
  await using open = new AsyncDisposableStack()
  open.use(await beOnlyClient(stateDirectory))

  const roots = readPinnedRoots(await readNamedFile(config.managementRoot))
  const earliest = Math.max(...roots.map(({ notBefore }) => notBefore))
  const clock = new TrustedClock(await TimeFloor.open(folder('time-floor'), earliest))
  const proxy = await openProxy(config)
  const pinned = { url: new URL(config.serverUrl), roots, clock, proxy }
  const health = new LinkHealth()
  const note = health.note
  const link = new HttpsLink({ ...pinned, note })
  open.defer(() => link.close())
  const stopping = new AbortController()
  open.defer(() => stopping.abort())
  const door = new ChannelledLink(link)
  const store = await DeviceStateStore.open(folder(DEVICES_FOLDER))
  // Accepts a TLS certificate of any date: a client that needs a reset does not know the date.
  const undated = { isSet: false, floor: earliest, now: () => earliest }
  const resetLink = new HttpsLink({ ...pinned, clock: undated })
  open.defer(() => resetLink.close())
  const resets = new ClockResets({
    link: resetLink,
    managementRoots: roots,
    serverId,
    lastResetOf: (subject) => clock.lastResetOf(subject),
    devices: () => listResettable(store),
    note: noteReset,
  })
  const receipts = await TimeReceipts.open(folder(RECEIPTS_FILE))
  const server = new ManagementServer({ link: door, serverId, roots, clock, receipts, resets })

  const installation = await openInstallation(folder('installation'))
  const settings = await ClientSettings.open(folder('settings'))
  const keyFolder = folder('keys')
  await orStorageFailure(openPrivateFolder(keyFolder))
  const seal = new HostSeal(folder('seal'), () => PLATFORM.host.readBinding(stateDirectory))
  const handOver = config.handOver ?? []
  const tokens = new TokenLinks(keyFolder)
  const places = { seal, keyFolder, chipDirectory, handOverDirectory, handOver, tokens }
  return {
    store,
    server,
    roots,
    places,
    installation,
    settings,
    door,
    connect: (connected) => connectPinned(pinned, connected, stopping.signal),
    health,
    open: open.move(),
  }
}

async function listResettable(store: DeviceStateStore) {
  const stored = await store.list()
  return stored.flatMap(({ state }) =>
    state === undefined
      ? []
      : [{ subject: deviceSubject(state.identity), highestNumber: state.commands?.highest ?? 0 }],
  )
}
