import { randomBytes, randomUUID } from 'node:crypto'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { sequenceEvents } from '../src/record/sequencer.ts'
import { recordEvents } from '../src/record/record-events.ts'
import { initialPolicyOf, readPolicy } from '../src/platform/config.ts'
import { PolicyBook } from '../src/policies/policy-book.ts'
import type { TestDatabase } from './test-database.ts'
import { drawSerialNo } from './test-devices.ts'

/** A fleet as its rows say it is, at any age: what time and accidents leave behind, without waiting for them. */

export interface FleetDevice {
  readonly modelId: string
  readonly groupId?: string | null
  readonly state?: string
  readonly registeredAt: number
  readonly lastCheckInAt?: number | null
}

export interface FleetCertificate {
  readonly deviceId: string
  readonly providerId: string
  readonly issuedAt: number
  readonly notAfter: number
  readonly status?: 'pending' | 'active' | 'superseded' | 'expired' | 'revoked'
  readonly der?: Uint8Array
  /** Whether its issuance is on record. */
  readonly isRecorded?: boolean
}

const at = (time: number | null): Date | null => (time === null ? null : new Date(time))

export class TestFleet {
  readonly #db: TestDatabase

  constructor(db: TestDatabase) {
    this.#db = db
  }

  /** @returns its id: of the policy that the whole fleet follows */
  async addFleetPolicy(): Promise<string> {
    const book = await PolicyBook.open(this.#db.database, initialPolicyOf(readPolicy({})))
    return book.policyOf({ modelId: randomUUID(), groupId: null, devicePolicyId: null }).policyId
  }

  async addPolicy(name: string): Promise<string> {
    const policyId = randomUUID()
    await this.#query('insert into policy (policy_id, name) values ($1, $2)', [policyId, name])
    return policyId
  }

  async setPolicy(policyId: string, settings: PolicySettings, since: number): Promise<void> {
    await this.#query(
      `insert into policy_version (policy_id, version, settings, created_at)
       select $1, coalesce(max(version), 0) + 1, $2, $3 from policy_version where policy_id = $1`,
      [policyId, JSON.stringify(settings), at(since)],
    )
  }

  async assignPolicy(policyId: string, scope: string, targetId: string): Promise<void> {
    await this.#query(
      `insert into policy_assignment (scope, target_id, policy_id) values ($1, $2, $3)
       on conflict (scope, target_id) do update set policy_id = excluded.policy_id`,
      [scope, targetId, policyId],
    )
  }

  async addGroup(name: string): Promise<string> {
    const groupId = randomUUID()
    await this.#query('insert into device_group (group_id, name) values ($1, $2)', [groupId, name])
    return groupId
  }

  async addProvider(country: string, notAfter: number): Promise<string> {
    const id = randomUUID()
    await this.#query(
      `insert into provider_certificate (id, country, environment, thumbprint_sha256, hsm_key_id, crl_name,
         organisation, not_before, not_after, der, issuers, imported_at)
       values ($1, $2, 'production', $3, $4, $5, 'Example Devices', $6, $7, '', '{}', $6)`,
      [
        id,
        country,
        id,
        randomBytes(32).toString('hex'),
        randomBytes(8).toString('hex'),
        at(notAfter - 365 * 86_400_000),
        at(notAfter),
      ],
    )
    return id
  }

  async addDevice(device: FleetDevice): Promise<string> {
    const deviceId = randomUUID()
    const {
      modelId,
      groupId = null,
      state = 'registered',
      registeredAt,
      lastCheckInAt = null,
    } = device
    await this.#query(
      `insert into device (device_id, model_id, group_id, serial_no, state, registered_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [deviceId, modelId, groupId, drawSerialNo(), state, at(registeredAt)],
    )
    await this.#query(
      'insert into device_presence (device_id, last_seq, last_check_in_at) values ($1, 1, $2)',
      [deviceId, at(lastCheckInAt)],
    )
    return deviceId
  }

  /** @returns its serial number */
  async addCertificate(certificate: FleetCertificate): Promise<string> {
    const { deviceId, providerId, issuedAt, notAfter, status = 'active' } = certificate
    const serial = randomBytes(16).toString('hex')
    const spki = randomBytes(32).toString('hex')
    await this.#query(
      `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
         planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after)
       values ($1, $2, $3, $4, 'issued', $5, $5, 'device', 0, '', $5, $6)`,
      [serial, deviceId, spki, providerId, at(issuedAt), at(notAfter)],
    )
    const isRevoked = status === 'revoked'
    await this.#query(
      `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
         provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der, revoked_at,
         revocation_reason)
       values ($1, $2, $3, $1, $4, $5, $6, $7, $6, 0, $8, $9, $10)`,
      [
        spki,
        serial,
        deviceId,
        providerId,
        status,
        at(issuedAt),
        at(notAfter),
        certificate.der ?? Buffer.alloc(0),
        isRevoked ? new Date() : null,
        isRevoked ? 'keyCompromise' : null,
      ],
    )
    if (certificate.isRecorded !== false)
      await this.#recordIssuance(deviceId, providerId, serial, spki)
    return serial
  }

  async record(event: NewEvent): Promise<void> {
    await this.#db.database.transaction().execute((tx) => recordEvents(tx, [event]))
  }

  /** Every device is gone, with all that hangs on it, and so is the record; only a test can do that. */
  /** The FTM providers publish no lists, and nobody minds. */
  async ignoreChipRevocation(): Promise<void> {
    await this.#query(
      `insert into ftm_revocation_terms (ftm_provider_id, revocation_policy)
       select ftm_provider_id, 'ignore' from ftm_provider on conflict do nothing`,
      [],
    )
  }

  async clear(): Promise<void> {
    await sequenceEvents(this.#db.database)
    await this.#db.pool.query(`
      alter table event disable trigger user;
      truncate device, device_certificate, certificate_intent, event cascade;
      alter table event enable trigger user`)
  }

  #recordIssuance(deviceId: string, providerId: string, serial: string, spki: string) {
    const now = new Date().toISOString()
    return this.record({
      type: 'certificate.issued',
      actor: 'server',
      deviceId,
      data: {
        serialNumber: serial,
        spkiSha256: spki,
        thumbprintSha256: spki,
        notBefore: now,
        notAfter: now,
        providerCertificateId: providerId,
      },
    })
  }

  async #query(text: string, values: unknown[]): Promise<void> {
    await this.#db.pool.query(text, values)
  }
}
