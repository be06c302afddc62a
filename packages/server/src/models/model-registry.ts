import { randomUUID } from 'node:crypto'
import { type ModelView, type NewModel, isSubTypeOf } from '@sanad/protocol/operator-api/models'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import type { Actor } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Selectable } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import type { DeviceModelTable } from './model-tables.ts'
import { instant, instantOrNull } from '../platform/instant.ts'

/** The approved models: what a device of each must say of itself, and what vouches for it. */
export class ModelRegistry {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async list(): Promise<ModelView[]> {
    const rows = await selectModels(this.#database).orderBy('make').orderBy('model').execute()
    return rows.map(toView)
  }

  /** @throws SanadError `model.not-found` */
  read(modelId: string): Promise<ModelView> {
    return readModel(this.#database, modelId)
  }

  /** @throws SanadError `model.duplicate`, `ftm-provider.not-found`, `request.malformed` */
  async create(model: NewModel, actor: Actor): Promise<ModelView> {
    refuseContradiction(model)
    if (model.serialNoForm !== undefined) parseSerialForm(model.serialNoForm)
    const created = this.#database.transaction().execute(async (tx) => {
      if (model.ftmProviderId !== undefined) await requireTrusted(tx, model.ftmProviderId)
      const row = await insertModel(tx, model)
      await recordEvents(tx, [{ type: 'model.created', actor, data: factsOf(row) }])
      return readModel(tx, row.model_id)
    })
    return created.catch((cause: unknown) => {
      if (!isUniqueViolation(cause)) throw cause
      throw new SanadError('model.duplicate', undefined, { cause })
    })
  }

  /**
   * The form of the serial numbers that are approved from now on; null takes it away. Those approved stay.
   *
   * @throws SanadError `model.not-found`, `model.serial-no-form-refused`
   */
  async setSerialNoForm(modelId: string, form: string | null, actor: Actor): Promise<ModelView> {
    if (form !== null) parseSerialForm(form)
    return this.#database.transaction().execute(async (tx) => {
      const changed = await tx
        .updateTable('device_model')
        .set({ serial_no_form: form })
        .where('model_id', '=', modelId)
        .where('serial_no_form', 'is distinct from', form)
        .executeTakeFirst()
      if (changed.numUpdatedRows > 0n) {
        const data = { modelId, ...(form !== null && { form }) }
        await recordEvents(tx, [{ type: 'model.serial-no-form-set', actor, data }])
      }
      return readModel(tx, modelId)
    })
  }

  /** No device of it registers any more; those registered stay. Repeating it changes nothing. */
  async retire(modelId: string, reason: Reason, actor: Actor): Promise<ModelView> {
    return this.#database.transaction().execute(async (tx) => {
      const retired = await tx
        .updateTable('device_model')
        .set({ state: 'retired', retired_at: new Date(this.#clock()) })
        .where('model_id', '=', modelId)
        .where('state', '=', 'approved')
        .executeTakeFirst()
      if (retired.numUpdatedRows > 0n) {
        await recordEvents(tx, [{ type: 'model.retired', actor, data: { modelId, reason } }])
      }
      return readModel(tx, modelId)
    })
  }
}

/** MF §3: a sub-type belongs to its type. L1 is proven by a chip, L0 by what its policy says; never both. */
function refuseContradiction(model: NewModel): void {
  if (!isSubTypeOf(model.deviceType, model.deviceSubType)) {
    throw new SanadError('request.malformed', 'deviceSubType does not belong to deviceType')
  }
  const isL1 = model.level === 'L1'
  if (isL1 !== (model.ftmProviderId !== undefined)) {
    throw new SanadError('request.malformed', 'a model has an FTM provider exactly when it is L1')
  }
  if (isL1 === (model.l0Policy !== undefined)) {
    throw new SanadError('request.malformed', 'a model has an L0 policy exactly when it is L0')
  }
}

async function requireTrusted(tx: DatabaseTransaction, ftmProviderId: string): Promise<void> {
  const provider = await tx
    .selectFrom('ftm_provider')
    .select('state')
    .where('ftm_provider_id', '=', ftmProviderId)
    .executeTakeFirst()
  if (provider?.state !== 'trusted') throw new SanadError('ftm-provider.not-found')
}

function insertModel(
  tx: DatabaseTransaction,
  model: NewModel,
): Promise<Selectable<DeviceModelTable>> {
  return tx
    .insertInto('device_model')
    .values({
      model_id: randomUUID(),
      make: model.make.normalize('NFC'),
      model: model.model.normalize('NFC'),
      device_type: model.deviceType,
      device_sub_type: model.deviceSubType,
      level: model.level,
      device_provider: model.deviceProvider.normalize('NFC'),
      device_provider_id: model.deviceProviderId.normalize('NFC'),
      ftm_provider_id: model.ftmProviderId ?? null,
      l0_policy: model.l0Policy ?? null,
      serial_no_form: model.serialNoForm ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

function factsOf(row: Selectable<DeviceModelTable>) {
  return {
    modelId: row.model_id,
    make: row.make,
    model: row.model,
    deviceType: row.device_type,
    level: row.level,
    deviceProviderId: row.device_provider_id,
    ...(row.ftm_provider_id !== null && { ftmProviderId: row.ftm_provider_id }),
    ...(row.serial_no_form !== null && { serialNoForm: row.serial_no_form }),
  }
}

function selectModels(database: Database) {
  return database
    .selectFrom('device_model')
    .leftJoin('ftm_provider', 'ftm_provider.ftm_provider_id', 'device_model.ftm_provider_id')
    .selectAll('device_model')
    .select('ftm_provider.name as ftm_provider_name')
}

/** @throws SanadError `model.not-found` */
export async function readModel(database: Database, modelId: string): Promise<ModelView> {
  const row = await selectModels(database).where('model_id', '=', modelId).executeTakeFirst()
  if (row === undefined) throw new SanadError('model.not-found')
  return toView(row)
}

type ModelRow = Selectable<DeviceModelTable> & { readonly ftm_provider_name: string | null }

function toView(row: ModelRow): ModelView {
  const { ftm_provider_id: ftmProviderId, ftm_provider_name: name } = row
  return {
    modelId: row.model_id,
    make: row.make,
    model: row.model,
    deviceType: row.device_type,
    // The table was written through `isSubTypeOf`.
    deviceSubType: row.device_sub_type as ModelView['deviceSubType'],
    level: row.level,
    deviceProvider: row.device_provider,
    deviceProviderId: row.device_provider_id,
    ftmProvider: ftmProviderId === null || name === null ? null : { ftmProviderId, name },
    l0Policy: row.l0_policy,
    serialNoForm: row.serial_no_form,
    state: row.state,
    createdAt: instant(row.created_at),
    retiredAt: instantOrNull(row.retired_at),
  }
}
