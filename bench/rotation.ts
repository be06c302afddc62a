import { type KeyObject, randomBytes } from 'node:crypto'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import { type SentRequest, makeRequest } from '@sanad/protocol/wire/envelope/request'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import type { RequestBody, RequestType } from '@sanad/protocol/wire/messages'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { markAllRegistered } from '../packages/server/src/devices/approved-device.ts'
import { makeDeviceRegistry } from '../packages/server/src/compose/device-registry.ts'
import { measureRawRate } from '../packages/server/src/hsm/raw-rate.ts'
import { startPresences } from '../packages/server/src/messages/presence-store.ts'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import { identityOf } from '../packages/simulator/src/profiles.ts'
import { openAnswers } from './claimants.ts'
import type { Finding } from './figures.ts'
import { type LoadResult, driveLoad } from './load.ts'
import { describeInstallation, learnRecipient, readManagementRoot } from './messages.ts'
import { ALL_CORES, MEASURED_CORE, OTHER_CORES, descendantsOf, moveTo, pinTo } from './processes.ts'
import {
  type Models,
  PROFILE_OF_LEVEL,
  type Provider,
  createModels,
  openProvider,
} from './provider.ts'
import { type LoadKey, makeLoadKeys } from './shared-primes.ts'
import { NOTHING, PARTIES, type Shares, add, readShares, subtract } from './shares.ts'
import type { Site } from './site.ts'

/**
 * Whole rotations of L0 devices by the real server over TLS: the request with the new key, and the check-in under
 * it that confirms. Beside the bare library that signs with the same key in as many sessions.
 */

const AT_ONCE = 64
const DEVICES = AT_ONCE * 6
const ROUNDS = 3
const RAW_MS = 3_000

/** A device with its key in use, as a client holds it. */
export interface Rotator {
  readonly deviceId: string
  readonly digitalId: DigitalId
  key: KeyObject
  certificate: Uint8Array
  seq: number
}

interface Round {
  readonly rotations: LoadResult
  readonly confirmations: LoadResult
  /** Of both, without what was made ready between them. */
  readonly shares: Shares
}

export async function measureRotations(site: Site): Promise<readonly Finding[]> {
  await using provider = await openProvider(site)
  const models = await createModels(site)
  const placements = [
    { name: 'rotation, token and server share the cores', token: ALL_CORES, others: ALL_CORES },
    ...(ALL_CORES === MEASURED_CORE
      ? []
      : [{ name: 'rotation, the token apart', token: OTHER_CORES, others: MEASURED_CORE }]),
  ]
  const keys = makeLoadKeys(DEVICES * (2 + ROUNDS * placements.length))
  const fleet = await registerRotators(site, provider, models, keys)
  try {
    return await site.withServer(ALL_CORES, async (pid) => {
      const runRound = () => rotateAll(site, pid, fleet, keys)
      await runRound()
      const findings: Finding[] = []
      for (const { name, token, others } of placements) {
        const rounds: Round[] = []
        let raw = 0
        // In turns, so that what else the machine does meets both alike.
        while (rounds.length < ROUNDS) {
          moveTo(token)
          raw +=
            (await measureRawRate(provider.hsmConfig, provider.keyId, RAW_MS)).perSecond / ROUNDS
          moveTo(others)
          for (const agent of descendantsOf(pid)) pinTo(token, agent)
          rounds.push(await runRound())
        }
        findings.push(describe(name, rounds, raw))
      }
      return findings
    })
  } finally {
    moveTo(ALL_CORES)
  }
}

async function take(keys: AsyncGenerator<LoadKey, void>): Promise<LoadKey> {
  const next = await keys.next()
  if (next.done === true) throw new Error('no more keys')
  return next.value
}

export async function registerRotators(
  { database: { database } }: Site,
  { issuer, policy }: Provider,
  models: Models,
  keys: AsyncGenerator<LoadKey, void>,
  count = DEVICES,
): Promise<readonly Rotator[]> {
  const registry = makeDeviceRegistry(database)
  const fleet: Rotator[] = []
  while (fleet.length < count) {
    const serialNo = `EXT${randomBytes(6).toString('hex').toUpperCase()}`
    const identity = { ...identityOf(PROFILE_OF_LEVEL.L0), serialNo } as Omit<DigitalId, 'dateTime'>
    const digitalId = { ...identity, dateTime: formatSeconds(Date.now()) }
    const deviceId = await registry.approve({ modelId: models.L0, serialNo }, 'command-line')
    const { privateKey: key, spki } = await take(keys)
    const asked = { deviceId, serialNo, model: identity.model, spki, policy }
    const intent = await database.transaction().execute((tx) => issuer.planIssuance(tx, asked))
    const certificate = await issuer.signIssuance(intent)
    await database.transaction().execute(async (tx) => {
      await issuer.recordIssuance(tx, intent, certificate)
      const { serialNumber: certificateSerial, spkiSha256 } = intent
      const facts = {
        level: 'L0',
        proof: 'operator-approval',
        certificateSerial,
        spkiSha256,
      } as const
      await markAllRegistered(tx, [{ deviceId, facts }])
      await startPresences(tx, [{ deviceId, seq: 1 }])
    })
    fleet.push({ deviceId, digitalId, key, certificate, seq: 1 })
  }
  return fleet
}

async function rotateAll(
  site: Site,
  pid: number,
  fleet: readonly Rotator[],
  keys: AsyncGenerator<LoadKey, void>,
): Promise<Round> {
  await letPeriodPass(site, fleet)
  const recipient = await learnRecipient(site)
  const root = await readManagementRoot(site)
  const next: LoadKey[] = []
  const requests: SentRequest[] = []
  for (const device of fleet) {
    const key = await take(keys)
    next.push(key)
    requests.push(await makeMessage(device, 'key-rotation', await askFor(device, key), recipient))
  }
  const [rotations, asking] = await driveCounted(site, pid, requests)
  const answers = openAnswers(rotations.samples, root)
  const checkIns: SentRequest[] = []
  for (const [index, device] of fleet.entries()) {
    const answer = answers.get(requests[index] as SentRequest)
    if (answer?.type !== 'key-rotation-answer' || answer.body.outcome !== 'issued')
      throw new Error(`answered with ${JSON.stringify(answer?.body)}`)
    device.key = (next[index] as LoadKey).privateKey
    device.certificate = Buffer.from(answer.body.certificateChain[0] ?? '', 'base64')
    checkIns.push(await makeMessage(device, 'check-in', describeInstallation('L0'), recipient))
  }
  const [confirmations, confirming] = await driveCounted(site, pid, checkIns)
  await requireConfirmed(site, fleet)
  return { rotations, confirmations, shares: add(asking, confirming) }
}

async function driveCounted(
  site: Site,
  pid: number,
  messages: readonly SentRequest[],
): Promise<readonly [LoadResult, Shares]> {
  const before = readShares(pid)
  const load = await driveLoad(site, pid, deal(messages), { keepsAll: true })
  return [load, subtract(readShares(pid), before)]
}

/** As if these keys had been certified a rotation period ago. */
async function letPeriodPass({ database }: Site, fleet: readonly Rotator[]): Promise<void> {
  await database.pool.query(
    `update device_certificate set issued_at = issued_at - interval '30 days'
      where device_id = any($1) and status = 'active'`,
    [fleet.map(({ deviceId }) => deviceId)],
  )
}

async function requireConfirmed({ database }: Site, fleet: readonly Rotator[]): Promise<void> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*) from device_certificate where status = 'active' and thumbprint_sha256 = any($1)`,
    [fleet.map(({ certificate }) => thumbprintOf(certificate))],
  )
  if (rows[0]?.count !== fleet.length) throw new Error(`confirmed: ${rows[0]?.count}`)
}

async function askFor(
  { certificate, digitalId }: Rotator,
  { spki, privateKey }: LoadKey,
): Promise<RequestBody<'key-rotation'>> {
  const replaces = thumbprintOf(certificate)
  const csr = await makeCertificationRequest(
    { commonName: digitalId.serialNo, spki, challenge: replaces },
    signWith(privateKey, 'RS256'),
  )
  return { csr: encodeBase64url(csr), replaces }
}

export async function makeMessage<T extends RequestType>(
  device: Rotator,
  type: T,
  body: RequestBody<T>,
  recipient: AgreementPublicKey,
): Promise<SentRequest> {
  const { digitalId, certificate } = device
  const signInput = signWith(device.key, 'RS256')
  return makeRequest<T>({
    type,
    body,
    seq: ++device.seq,
    at: Date.now(),
    audience: SERVER_ID,
    digitalId,
    signedDigitalId: await signDigitalId(digitalId, [certificate], signInput),
    sender: { thumbprint: thumbprintOf(certificate) },
    signInput,
    recipient,
  })
}

/** One queue for each connection. */
const deal = (messages: readonly SentRequest[]): readonly SentRequest[][] =>
  Array.from({ length: AT_ONCE }, (_, at) => messages.filter((_one, i) => i % AT_ONCE === at))

function describe(name: string, rounds: readonly Round[], raw: number): Finding {
  const sum = (read: (round: Round) => number) => rounds.reduce((all, one) => all + read(one), 0)
  const rotated = sum(({ rotations }) => rotations.latencies.length)
  const asking = sum(({ rotations }) => rotations.seconds)
  const confirming = sum(({ confirmations }) => confirmations.seconds)
  const latencies = rounds
    .flatMap(({ rotations }) => rotations.latencies)
    .toSorted((one, other) => one - other)
  const shares = rounds.reduce((all, one) => add(all, one.shares), NOTHING)
  const cost = PARTIES.map((party) => [
    `processor ms for each, ${party}`,
    (shares[party] * 1000) / rotated,
  ])
  return {
    name,
    figures: {
      rotations: rotated,
      'devices at once': AT_ONCE,
      'rotations per second, each with its confirmation': rotated / (asking + confirming),
      'requests to rotate per second': rotated / asking,
      'confirmations per second': rotated / confirming,
      'signatures per second of the bare library': raw,
      ...(Object.fromEntries(cost) as Record<string, number>),
      'latency p50, ms': latencies[Math.floor(latencies.length / 2)] ?? 0,
      'latency p99, ms': latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    },
    ratio: rotated / (asking + confirming) / raw,
  }
}
