import { type KeyObject, createHash, generateKeyPair, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { markRegistered } from '../packages/server/src/devices/approved-device.ts'
import { makeDeviceRegistry } from '../packages/server/src/compose/device-registry.ts'
import { startPresence } from '../packages/server/src/messages/presence-store.ts'
import { identityOf } from '../packages/simulator/src/profiles.ts'
import { type Models, PROFILE_OF_LEVEL, type Provider } from './provider.ts'
import type { LoadKey } from './shared-primes.ts'
import type { Site } from './site.ts'

/** Registered devices with real keys, chips and certificates. */
export interface FleetDevice {
  readonly deviceId: string
  readonly level: Level
  readonly digitalId: DigitalId
  /** Made when the SBI started, as in life: by the chip on L1, by the device key on L0. */
  readonly signedDigitalId: string
  /** Another, as after a new start of the SBI at that time, milliseconds since the epoch. */
  readonly signDigitalId: (at: number) => string | Promise<string>
  readonly key: KeyObject
  readonly thumbprint: string
  /** Of the last message. */
  seq: number
}

const generate = promisify(generateKeyPair)
const AT_ONCE = 8

async function makeKey(): Promise<LoadKey> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 })
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** @param keys theirs, in order; where there are none, each makes its own */
export async function registerFleet(
  site: Site,
  provider: Provider,
  models: Models,
  level: Level,
  count: number,
  keys: readonly LoadKey[] = [],
): Promise<readonly FleetDevice[]> {
  const fleet: FleetDevice[] = []
  while (fleet.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - fleet.length) }, async (_, at) =>
      registerDevice(site, provider, models, level, keys[fleet.length + at] ?? (await makeKey())),
    )
    fleet.push(...(await Promise.all(some)))
  }
  return fleet
}

async function registerDevice(
  { paths, database: { database } }: Site,
  { issuer, policy }: Provider,
  models: Models,
  level: Level,
  { privateKey: key, spki }: LoadKey,
): Promise<FleetDevice> {
  const identity = {
    ...identityOf(PROFILE_OF_LEVEL[level]),
    serialNo: `EXB${level}${randomBytes(6).toString('hex').toUpperCase()}`,
  } as Omit<DigitalId, 'dateTime'>
  const { serialNo, model } = identity
  const approval = { modelId: models[level], serialNo }
  const deviceId = await makeDeviceRegistry(database).approve(approval, 'command-line')
  const intent = await database
    .transaction()
    .execute((tx) => issuer.planIssuance(tx, { deviceId, serialNo, model, spki, policy }))
  const der = await issuer.signIssuance(intent)
  const chip =
    level === 'L1'
      ? await models.ftm.burnChip(join(paths.directory, 'chips', serialNo), identity)
      : undefined
  const now = Date.now()
  const digitalId: DigitalId = { ...identity, dateTime: formatSeconds(now) }
  const sign = (at: number) =>
    chip?.signDigitalId(new Date(at)) ??
    signDigitalId({ ...identity, dateTime: formatSeconds(at) }, [der], signWith(key, 'RS256'))
  await database.transaction().execute(async (tx) => {
    await issuer.recordIssuance(tx, intent, der)
    const [leaf] = chip?.ftmCertificates ?? []
    await markRegistered(tx, deviceId, {
      level,
      proof: leaf === undefined ? 'operator-approval' : 'ftm',
      certificateSerial: intent.serialNumber,
      spkiSha256: intent.spkiSha256,
      ...(leaf !== undefined && {
        ftmCertificateSha256: createHash('sha256').update(leaf).digest('hex'),
      }),
    })
    await startPresence(tx, deviceId, 1)
  })
  return {
    deviceId,
    level,
    digitalId,
    signedDigitalId: await sign(now),
    signDigitalId: sign,
    key,
    thumbprint: thumbprintOf(der),
    seq: 1,
  }
}
