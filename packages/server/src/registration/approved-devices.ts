import type { DeviceType, Level } from '@sanad/protocol/domain/device-kinds'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import type { ModelState } from '@sanad/protocol/operator-api/models'
import { sql } from 'kysely'
import { type EnrolmentSecretState, secretState } from '../devices/approved-device.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { hexOrNull } from '../platform/instant.ts'

/** The record that a claim is about, with all that the decision looks at: model, chip, group and policy. */

export interface ApprovedDevice {
  readonly deviceId: string
  readonly state: DeviceState
  /** The approved fields of the digital ID. */
  readonly identity: {
    readonly serialNo: string
    readonly make: string
    readonly model: string
    readonly type: DeviceType
    readonly deviceSubType: string
    readonly deviceProvider: string
    readonly deviceProviderId: string
  }
  readonly model: {
    readonly modelId: string
    readonly state: ModelState
    readonly level: Level
    readonly l0Policy: L0Policy | undefined
  }
  /** The trust anchor of the model’s chips, while it is trusted. */
  readonly ftmAnchor: Uint8Array | undefined
  /** Of the model’s chips; undefined for L0. */
  readonly ftmProviderId: string | undefined
  /** SHA-256, hex: pinned by the import or by the first registration. */
  readonly ftmCertificateSha256: string | undefined
  readonly enrolmentSecret: EnrolmentSecretState
  readonly groupId: string | null
  /** The policy given to this one device. */
  readonly devicePolicyId: string | null
  /** Whose provider certificate certifies it, where its group says so. */
  readonly market: { readonly country: string; readonly environment: string } | undefined
}

interface Row {
  readonly device_id: string
  readonly state: DeviceState
  readonly serial_no: string
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly has_enrolment_secret: boolean
  readonly enrolment_secret_used_at: Date | null
  readonly make: string
  readonly model: string
  readonly device_type: DeviceType
  readonly device_sub_type: string
  readonly device_provider: string
  readonly device_provider_id: string
  readonly model_id: string
  readonly model_state: ModelState
  readonly level: Level
  readonly l0_policy: L0Policy | null
  readonly ftm_anchor: Uint8Array | null
  readonly ftm_provider_id: string | null
  readonly group_id: string | null
  readonly policy_id: string | null
  readonly country: string | null
  readonly environment: string | null
}

/**
 * Devices in any state, in the order of the identities. Locks each record until the transaction ends, so that of
 * two claims the second waits; always in one order, so that two transactions never wait in a ring.
 */
export async function findApprovedDevices(
  tx: DatabaseTransaction,
  identities: readonly DeviceIdentity[],
): Promise<readonly (ApprovedDevice | undefined)[]> {
  const column = (field: keyof DeviceIdentity): string[] =>
    identities.map((identity) => identity[field].normalize('NFC'))
  const { rows } = await sql<Row & { readonly place: number }>`
    select claimed.place, d.device_id, d.state, d.serial_no, d.ftm_certificate_sha256,
      d.enrolment_secret_sha256 is not null as has_enrolment_secret, d.enrolment_secret_used_at,
      m.make, m.model, m.device_type, m.device_sub_type, m.device_provider, m.device_provider_id,
      m.model_id, m.state as model_state, m.level, m.l0_policy,
      case p.state when 'trusted' then p.certificate end as ftm_anchor, ftm_provider_id,
      d.group_id, g.country, g.environment, a.policy_id
    from unnest(${column('make')}::text[], ${column('model')}::text[], ${column('serialNo')}::text[])
      with ordinality as claimed (make, model, serial_no, place)
    join device_model m on m.make = claimed.make and m.model = claimed.model
    join device d on d.model_id = m.model_id and d.serial_no = claimed.serial_no
    left join ftm_provider p using (ftm_provider_id)
    left join device_group g using (group_id)
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    order by d.device_id
    for update of d`.execute(tx)
  const found = new Map(rows.map((row) => [row.place, toDevice(row)]))
  return identities.map((_identity, index) => found.get(index + 1))
}

function toDevice(row: Row): ApprovedDevice {
  return {
    deviceId: row.device_id,
    state: row.state,
    identity: {
      serialNo: row.serial_no,
      make: row.make,
      model: row.model,
      type: row.device_type,
      deviceSubType: row.device_sub_type,
      deviceProvider: row.device_provider,
      deviceProviderId: row.device_provider_id,
    },
    model: {
      modelId: row.model_id,
      state: row.model_state,
      level: row.level,
      l0Policy: row.l0_policy ?? undefined,
    },
    ftmAnchor: row.ftm_anchor ?? undefined,
    ftmProviderId: row.ftm_provider_id ?? undefined,
    ftmCertificateSha256: hexOrNull(row.ftm_certificate_sha256) ?? undefined,
    enrolmentSecret: secretState(row.has_enrolment_secret, row.enrolment_secret_used_at),
    groupId: row.group_id,
    devicePolicyId: row.policy_id,
    market: marketOf(row),
  }
}

function marketOf({ country, environment }: Row): ApprovedDevice['market'] {
  return country === null || environment === null ? undefined : { country, environment }
}
