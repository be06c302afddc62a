import type pg from 'pg'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { AnswerType } from '@sanad/protocol/wire/messages'

/** The sender of a message, by the certificate that the message names. */
export type SenderRecord = OwnColumns & Everything<SenderColumns[keyof SenderColumns]>

/**
 * What slices above look at besides, by slice. Each declares its columns here and brings the {@link SenderPart} that
 * reads them; the statement is put together where the server is.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- slices add to it
export interface SenderColumns {}

type Everything<Columns> = (Columns extends unknown ? (one: Columns) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never

/** How a slice reads its columns of a sender, in SQL. */
export interface SenderPart<Columns> {
  /** An expression for each, over `c`, its certificate, `d`, the device, and the joins. */
  readonly columns: { readonly [Name in keyof Columns]: string }
  /** At most one row for each sender. */
  readonly joins?: string
}

/** One of each slice: a part that is left out does not compile. */
export type SenderParts = {
  readonly [Slice in keyof SenderColumns]: SenderPart<SenderColumns[Slice]>
}

/** What the door itself looks at. */
interface OwnColumns {
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

const OWN: SenderPart<OwnColumns> = {
  columns: {
    thumbprint: 'c.thumbprint_sha256',
    certificateStatus: 'c.status',
    certificateSerial: 'c.serial_number',
    issuedAt: millisecondsOf('c.issued_at'),
    notBefore: millisecondsOf('c.not_before'),
    notAfter: millisecondsOf('c.not_after'),
    der: 'c.der',
    providerCertificateId: 'c.provider_certificate_id',
    deviceId: 'c.device_id',
    state: 'd.state',
    modelId: 'd.model_id',
    groupId: 'd.group_id',
    make: 'm.make',
    model: 'm.model',
    serialNo: 'd.serial_no',
    level: 'm.level',
    ftmCertificateSha256: 'd.ftm_certificate_sha256',
    lastSeq: 'coalesce(p.last_seq, 0)',
    lastMid: 'p.last_mid',
    lastPayloadSha256: 'p.last_payload_sha256',
    lastAnswerType: 'p.last_answer_type',
    lastAnswerBody: 'p.last_answer_body',
    lastCheckInAt: 'p.last_check_in_at',
    deviceStatus: 'p.device_status',
    installation: 'p.installation',
    previousInstallation: 'p.previous_installation',
    installationChangedAt: millisecondsOf('p.installation_changed_at'),
    lastMessageAt: millisecondsOf('p.last_message_at'),
    digitalIdProof: 'p.digital_id_proof',
  },
  joins: `
    from device_certificate c
    join device d using (device_id)
    join device_model m using (model_id)
    left join device_presence p using (device_id)`,
}

/** Since the epoch, of a time. */
export function millisecondsOf(time: string): string {
  return `(extract(epoch from ${time}) * 1000)::bigint`
}

type SomePart = SenderPart<Readonly<Record<string, unknown>>>

function writeStatement(parts: readonly SomePart[]): string {
  const columns = parts.flatMap((part) =>
    Object.entries(part.columns).map(([name, expression]) => `${expression} as "${name}"`),
  )
  const joins = parts.map((part) => part.joins ?? '').join('\n')
  return `select ${columns.join(', ')} ${joins} where c.thumbprint_sha256 = any($1)`
}

/** Finds the senders of a whole batch of messages by one prepared statement. */
export class Senders {
  readonly #pool: pg.Pool
  readonly #statement: { readonly name: string; readonly text: string }

  constructor(pool: pg.Pool, parts: SenderParts) {
    this.#pool = pool
    const all = [OWN, ...Object.values<SomePart>(parts)]
    this.#statement = { name: 'find-senders', text: writeStatement(all) }
  }

  /** By thumbprint; one that no certificate has is left out. */
  async find(thumbprints: readonly string[]): Promise<ReadonlyMap<string, SenderRecord>> {
    const values = [[...new Set(thumbprints)]]
    const { rows } = await this.#pool.query<SenderRecord>({ ...this.#statement, values })
    return new Map(rows.map((row) => [row.thumbprint, row]))
  }
}
