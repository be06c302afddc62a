import type pg from 'pg'
import { DeviceCertificateIssuer } from '../certificates/device-certificate-issuer.ts'
import { DEFAULT_ISSUANCE_POLICY, type IssuancePolicy } from '../certificates/device-validity.ts'
import type { ManagementRoot } from '../certificates/management-root.ts'
import { ProviderCertificates } from '../certificates/provider-certificates.ts'
import { channelDoor } from '../channel/channel-door.ts'
import type { ChannelLimits } from '../channel/channel-limits.ts'
import { LiveChannels } from '../channel/live-channels.ts'
import { findWaiting } from '../commands/find-waiting.ts'
import { CommandKeys } from '../commands/command-keys.ts'
import { CommandService } from '../commands/command-service.ts'
import { CommandSigner } from '../commands/command-signer.ts'
import { SENDER_PARTS, answerCheckIns } from './check-in-parts.ts'
import { makeDeviceRegistry } from './device-registry.ts'
import type { Hsm } from '../hsm/hsm.ts'
import { CheckIns } from '../check-ins/check-ins.ts'
import { deviceDoor } from '../messages/device-door.ts'
import { DeviceMessages, type ServerKeys } from '../messages/device-messages.ts'
import { schemasDoor } from '../messages/schemas-door.ts'
import { RegisteredMessages } from '../messages/registered-messages.ts'
import { Senders } from '../messages/senders.ts'
import { RefusalLedger } from '../messages/refusal-ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { type Policy, initialPolicyOf } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import type { Logger } from '../platform/log.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { Purges } from '../purge/purges.ts'
import { Registrar } from '../registration/registrar.ts'
import { Registrations } from '../registration/registrations.ts'
import { confirmRotations } from '../rotation/confirm-rotations.ts'
import { RotationOrders } from '../rotation/rotation-orders.ts'
import { RotationPlanner } from '../rotation/rotation-planner.ts'
import { Rotations } from '../rotation/rotations.ts'
import { SigningPace } from '../rotation/signing-pace.ts'
import { findTimeZone } from '../telemetry/device-facts.ts'
import { ClockResets } from '../time/clock-resets.ts'
import { clockResetDoor } from '../time/clock-resets.routes.ts'

/** What serves devices, and who is made of what. Operators' acts go through the same parts. */

export type IssuerParts = ConstructorParameters<typeof DeviceCertificateIssuer>[0]

export interface DeviceServicesOptions {
  readonly serverId: string
  readonly database: Database
  readonly pool: pg.Pool
  readonly hsm: Hsm
  readonly root: ManagementRoot
  /** Those that answer devices. */
  readonly keys: ServerKeys
  /** Where the ceremony left its certificates. */
  readonly dataDirectory: string
  readonly policy: Policy
  readonly crlBaseUrl: string
  readonly limits: Partial<ChannelLimits>
  readonly clock: Clock
  /** How far the clock may be off, milliseconds; throws `time.not-trusted` while nobody knows. */
  readonly clockRadius: () => number
  readonly log: Logger
  /** Another issuer, for tests that let one fail. */
  readonly makeIssuer?: (parts: IssuerParts) => DeviceCertificateIssuer
}

export type DeviceServices = Awaited<ReturnType<typeof composeDeviceServices>>

/** Everything but the doors; nothing runs yet. */
export async function composeDeviceServices(options: DeviceServicesOptions) {
  const { database, hsm, serverId, policy, clock, log, clockRadius } = options
  const { makeIssuer = (parts: IssuerParts) => new DeviceCertificateIssuer(parts) } = options
  const providers = await ProviderCertificates.open(database)
  const pace = new SigningPace()
  const ledger = new RefusalLedger(database, log)
  const policies = await PolicyBook.open(database, initialPolicyOf(policy))
  const planner = new RotationPlanner(providers)
  const commandKeys = new CommandKeys(options)
  const shared = {
    ...options,
    providers,
    pace,
    ledger,
    policies,
    planner,
    issuer: makeIssuer({ hsm: pace.watch(hsm), providers, now: clock }),
    issuancePolicy: issuancePolicyOf(options),
    messageWindow: policy.messageWindow,
    confirmations: confirmRotations(clock),
    rotationOrders: new RotationOrders({ database, pace, clock }),
    devices: makeDeviceRegistry(database, clock, policies),
    signer: new CommandSigner({ hsm, keys: commandKeys, serverId }),
    formOf: (kid: string) => options.keys.formOf(kid),
    timeZoneOf: (deviceId: string) => findTimeZone(database, deviceId),
  }
  const registered = new RegisteredMessages({
    ...shared,
    senders: new Senders(options.pool, SENDER_PARTS),
    handlers: {
      'key-purge': new Purges({ database, clock, window: policy.messageWindow }),
      'key-rotation': new Rotations(shared),
      commands: new CommandService(shared),
    },
    batchHandlers: {
      'check-in': new CheckIns({ ...shared, writeAnswer: answerCheckIns(planner, clock) }),
    },
  })
  const registrations = new Registrations({ ...shared, registrar: new Registrar(shared) })
  const { devices, rotationOrders, signer } = shared
  const messages = new DeviceMessages({ ...options, registered, registrations })
  return {
    providers,
    pace,
    ledger,
    policies,
    planner,
    commandKeys,
    devices,
    rotationOrders,
    messages,
    door: deviceDoor({ ...options, registered, registrations, messages }),
    resets: new ClockResets({ database, signer, clock, clockRadius }),
    channels: new LiveChannels({
      ...options,
      messages,
      ledger,
      findWaiting: (deviceIds, now) => findWaiting(database, deviceIds, now),
    }),
  }
}

/** The lifetimes are where a fleet begins; from then on they are those of each device's policy. */
const issuancePolicyOf = ({ policy, crlBaseUrl }: DeviceServicesOptions): IssuancePolicy => ({
  ...DEFAULT_ISSUANCE_POLICY,
  rotationDays: policy.rotationDays,
  overlapDays: policy.overlapDays,
  crlBaseUrl,
})

/** Opens the devices' door. The channels run from here on; they stop with `channels.stop()`. */
export async function serveDevices(
  app: HttpApp,
  { door, resets, channels }: DeviceServices,
  clock: Clock,
): Promise<void> {
  await app.register(door)
  await app.register(schemasDoor)
  await app.register(clockResetDoor({ resets, clock }))
  await channels.start()
  await app.register(channelDoor(channels.hub))
}
