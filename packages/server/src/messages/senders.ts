import type pg from 'pg'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { AnswerType } from '@sanad/protocol/wire/messages'

/** Everything the server knows of the sender of a message, by the certificate that the message names. */
export interface SenderRecord {
  readonly thumbprint: string
  readonly certificateStatus: string
  readonly certificateSerial: string
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** The certificate, DER. */
  readonly der: Buffer
  readonly providerCertificateId: string
  readonly deviceId: string
  readonly state: DeviceState
  readonly modelId: string
  readonly groupId: string | null
  readonly devicePolicyId: string | null
  /** The window of an operator’s order to rotate this very key. Milliseconds since the epoch. */
  readonly orderStart: number | null
  readonly orderEnd: number | null
  /** From then on commands wait for it. Milliseconds since the epoch. */
  readonly commandsFrom: number | null
  readonly make: string
  readonly model: string
  readonly serialNo: string
  readonly level: Level
  /** The chip that vouched at registration: SHA-256 of its certificate. */
  readonly ftmCertificateSha256: Buffer | null
  readonly lastSeq: number
  readonly lastMid: string | null
  readonly lastPayloadSha256: Buffer | null
  readonly lastAnswerType: AnswerType | null
  readonly lastAnswerBody: unknown
  readonly lastCheckInAt: Date | null
  readonly deviceStatus: string | null
  /** The installation of the client that the device was last seen under, the one before, and since when. */
  readonly installation: string | null
  readonly previousInstallation: string | null
  /** Milliseconds since the epoch. */
  readonly installationChangedAt: number | null
  /** The device’s own time in its last message, milliseconds since the epoch. */
  readonly lastMessageAt: number | null
  /** Of the digital ID that was last proven to be its own; see digital-id-proof.ts. */
  readonly digitalIdProof: Buffer | null
}

/** One prepared statement for a whole batch of messages. */
const FIND_SENDERS = {
  name: 'find-senders',
  text: `
    select c.thumbprint_sha256 as thumbprint, c.status as "certificateStatus",
      c.serial_number as "certificateSerial", (extract(epoch from c.issued_at) * 1000)::bigint as "issuedAt",
      (extract(epoch from c.not_before) * 1000)::bigint as "notBefore",
      (extract(epoch from c.not_after) * 1000)::bigint as "notAfter",
      c.der, c.provider_certificate_id as "providerCertificateId", c.device_id as "deviceId", d.state, d.model_id as "modelId", d.group_id as "groupId",
      a.policy_id as "devicePolicyId", (extract(epoch from o.window_start) * 1000)::bigint as "orderStart",
      (extract(epoch from o.window_end) * 1000)::bigint as "orderEnd",
      (select (extract(epoch from min(greatest(w.not_before, w.retry_after))) * 1000)::bigint from command w
        where w.device_id = d.device_id and w.state in ('queued', 'sent')) as "commandsFrom", m.make, m.model, d.serial_no as "serialNo", m.level,
      d.ftm_certificate_sha256 as "ftmCertificateSha256",
      coalesce(p.last_seq, 0) as "lastSeq", p.last_mid as "lastMid", p.last_payload_sha256 as "lastPayloadSha256",
      p.last_answer_type as "lastAnswerType", p.last_answer_body as "lastAnswerBody",
      p.last_check_in_at as "lastCheckInAt", p.device_status as "deviceStatus",
      p.installation, p.previous_installation as "previousInstallation",
      (extract(epoch from p.installation_changed_at) * 1000)::bigint as "installationChangedAt",
      (extract(epoch from p.last_message_at) * 1000)::bigint as "lastMessageAt",
      p.digital_id_proof as "digitalIdProof"
    from device_certificate c
    join device d using (device_id)
    join device_model m using (model_id)
    left join device_presence p using (device_id)
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    -- An order is about the key in use when it was given, and not about its successor.
    left join rotation_order_device o
      on o.device_id = d.device_id and o.outcome is null and o.ordered_at > c.issued_at
    where c.thumbprint_sha256 = any($1)`,
}

export async function findSenders(
  pool: pg.Pool,
  thumbprints: readonly string[],
): Promise<ReadonlyMap<string, SenderRecord>> {
  const { rows } = await pool.query<SenderRecord>({
    ...FIND_SENDERS,
    values: [[...new Set(thumbprints)]],
  })
  return new Map(rows.map((row) => [row.thumbprint, row]))
}
