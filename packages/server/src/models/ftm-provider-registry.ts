import { randomUUID } from 'node:crypto'
import type { FtmProviderView, NewFtmProvider } from '@sanad/protocol/operator-api/ftm-providers'
import type { Actor } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Selectable } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import { type Database, isUniqueViolation } from '../platform/database.ts'
import type { FtmProviderTable } from './model-tables.ts'
import { encodePem } from '../certificates/der/pem.ts'
import { readFtmProviderCertificate } from './ftm-certificate.ts'
import { hexOrNull, instant, instantOrNull } from '../platform/instant.ts'

/**
 * The makers of secure chips whose word is taken: a chip is genuine when its certificate chains to the one
 * provider on record for the model.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 1: genuine by device info and FTM certificates.
 */
export class FtmProviderRegistry {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async list(): Promise<FtmProviderView[]> {
    const rows = await this.#database
      .selectFrom('ftm_provider')
      .selectAll()
      .orderBy('name')
      .execute()
    return rows.map(toView)
  }

  /** @throws SanadError `ftm-provider.certificate-invalid`, `ftm-provider.duplicate` */
  async add(provider: NewFtmProvider, actor: Actor): Promise<FtmProviderView> {
    const certificate = readFtmProviderCertificate(provider.certificatePem, this.#clock())
    const added = this.#database.transaction().execute(async (tx) => {
      const row = await tx
        .insertInto('ftm_provider')
        .values({
          ftm_provider_id: randomUUID(),
          name: provider.name.normalize('NFC'),
          subject: certificate.subject,
          certificate: certificate.der,
          certificate_sha256: certificate.sha256,
          not_before: certificate.notBefore,
          not_after: certificate.notAfter,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      const data = {
        ftmProviderId: row.ftm_provider_id,
        name: row.name,
        certificateSha256: certificate.sha256.toString('hex'),
        notAfter: instant(row.not_after),
      }
      await recordEvents(tx, [{ type: 'ftm-provider.added', actor, data }])
      return toView(row)
    })
    return added.catch((cause: unknown) => {
      if (!isUniqueViolation(cause)) throw cause
      throw new SanadError('ftm-provider.duplicate', undefined, { cause })
    })
  }

  /** Its chips are no longer genuine for a new registration. Repeating it changes nothing. */
  async retire(ftmProviderId: string, reason: Reason, actor: Actor): Promise<FtmProviderView> {
    return this.#database.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('ftm_provider')
        .selectAll()
        .where('ftm_provider_id', '=', ftmProviderId)
        .forUpdate()
        .executeTakeFirst()
      if (row === undefined) throw new SanadError('ftm-provider.not-found')
      if (row.state === 'retired') return toView(row)
      const retired = await tx
        .updateTable('ftm_provider')
        .set({ state: 'retired', retired_at: new Date(this.#clock()) })
        .where('ftm_provider_id', '=', ftmProviderId)
        .returningAll()
        .executeTakeFirstOrThrow()
      const data = { ftmProviderId, reason }
      await recordEvents(tx, [{ type: 'ftm-provider.retired', actor, data }])
      return toView(retired)
    })
  }
}

function toView(row: Selectable<FtmProviderTable>): FtmProviderView {
  return {
    ftmProviderId: row.ftm_provider_id,
    name: row.name,
    subject: row.subject,
    certificateSha256: hexOrNull(row.certificate_sha256) ?? '',
    certificatePem: encodePem('CERTIFICATE', row.certificate),
    notBefore: instant(row.not_before),
    notAfter: instant(row.not_after),
    state: row.state,
    addedAt: instant(row.added_at),
    retiredAt: instantOrNull(row.retired_at),
  }
}
