import { type KeyObject, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { EventType } from '@sanad/protocol/domain/events'
import {
  DeviceCertificateIssuer,
  type IssuanceRequest,
} from '../src/certificates/device-certificate-issuer.ts'
import type { DeviceCertificate } from '../src/certificates/device-certificate-store.ts'
import { DEFAULT_ISSUANCE_POLICY } from '../src/certificates/device-validity.ts'
import { ProviderCertificates } from '../src/certificates/provider-certificates.ts'
import { readTimeline } from '../src/record/event-reader.ts'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import type { Hsm } from '../src/hsm/hsm.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'
import { type TestTrust, holdTestCeremony } from './test-trust.ts'
import { spkiOf } from './throwaway-provider.ts'

/** An issuer on a real database and a real token, under a certificate that the stand-in country gave. */
export interface TestIssuance extends AsyncDisposable {
  readonly db: TestDatabase
  readonly trust: TestTrust
  readonly providers: ProviderCertificates
  readonly issuer: DeviceCertificateIssuer
  /** Milliseconds since the epoch; a test sets it. */
  readonly clock: { now: number }
  issuerWith(hsm: Pick<Hsm, 'signDeviceCertificate'>): DeviceCertificateIssuer
  /** All three steps. */
  issue(request?: Partial<IssuanceRequest>): Promise<DeviceCertificate>
  plan(request?: Partial<IssuanceRequest>): ReturnType<DeviceCertificateIssuer['planIssuance']>
  countRows(): Promise<{ intents: number; certificates: number }>
  eventsOf(deviceId: string): Promise<EventType[]>
}

export const POLICY = { ...DEFAULT_ISSUANCE_POLICY, crlBaseUrl: 'https://server.example' }

export const makeDeviceKeys = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })

export const aRequest = (request: Partial<IssuanceRequest> = {}): IssuanceRequest => ({
  deviceId: randomUUID(),
  serialNo: 'SN-0001',
  model: 'SLAP-1',
  spki: request.spki ?? spkiOf(makeDeviceKeys().publicKey),
  policy: POLICY,
  ...request,
})

export async function startTestIssuance(config: Partial<HsmConfig> = {}): Promise<TestIssuance> {
  const db = await startTestDatabase()
  // Some hours after the ceremony, so that a test may set the clock back.
  const clock = { now: Date.now() - 4 * 3_600_000 }
  const trust = await holdTestCeremony(db.database, () => clock.now, config)
  clock.now = Date.now()
  const providers = await ProviderCertificates.open(db.database)
  const issuerWith = (hsm: Pick<Hsm, 'signDeviceCertificate'>) =>
    new DeviceCertificateIssuer({ hsm, providers, now: () => clock.now })
  const issuer = issuerWith(trust.hsm)
  const plan = (request?: Partial<IssuanceRequest>) =>
    db.database.transaction().execute((tx) => issuer.planIssuance(tx, aRequest(request)))
  return {
    db,
    trust,
    providers,
    issuer,
    clock,
    issuerWith,
    plan,
    async issue(request) {
      const intent = await plan(request)
      const der = await issuer.signIssuance(intent)
      return db.database.transaction().execute((tx) => issuer.recordIssuance(tx, intent, der))
    },
    async countRows() {
      const { rows } = await db.pool.query<{ intents: number; certificates: number }>(
        `select (select count(*) from certificate_intent) as intents,
           (select count(*) from device_certificate) as certificates`,
      )
      return rows[0] ?? { intents: 0, certificates: 0 }
    },
    async eventsOf(deviceId) {
      const { items } = await readTimeline(db.database, deviceId, { limit: 50 })
      return items.map(({ event }) => event.type)
    },
    async [Symbol.asyncDispose]() {
      await trust[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
