import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import { type SerialForm, parseSerialForm } from '@sanad/protocol/domain/serial-form'
import type { DeviceType, Level } from '@sanad/protocol/domain/device-kinds'
import type { Database } from '../platform/database.ts'
import '../models/model-tables.ts'
import { Explanations, explainUnknownModel } from './unknown-names.ts'

export interface ImportModel {
  readonly modelId: string
  readonly make: string
  readonly model: string
  readonly serialForm: SerialForm | undefined
  readonly deviceType: DeviceType
  readonly deviceSubType: string
  readonly level: Level
  readonly l0Policy: L0Policy | null
  readonly isRetired: boolean
  /** Of an L1 model in a manifest: the factory that signed vouches for its own provider’s chips only. */
  readonly isOfAnotherFtmProvider: boolean
}

/** All models, held in memory while a file is read: there are few of them and many rows. */
export class ModelCatalogue {
  readonly #models: ReadonlyMap<string, ImportModel>
  readonly #unknown = new Explanations()

  private constructor(models: ReadonlyMap<string, ImportModel>) {
    this.#models = models
  }

  /** @param signer the FTM provider below which a manifest was signed; undefined for CSV. */
  static async load(database: Database, signer: string | undefined): Promise<ModelCatalogue> {
    const rows = await database.selectFrom('device_model').selectAll().execute()
    const models = rows.map((row): [string, ImportModel] => [
      keyOf(row.make, row.model),
      {
        modelId: row.model_id,
        make: row.make,
        model: row.model,
        serialForm: row.serial_no_form === null ? undefined : parseSerialForm(row.serial_no_form),
        deviceType: row.device_type,
        deviceSubType: row.device_sub_type,
        level: row.level,
        l0Policy: row.l0_policy,
        isRetired: row.state === 'retired',
        isOfAnotherFtmProvider:
          signer !== undefined && row.level === 'L1' && row.ftm_provider_id !== signer,
      },
    ])
    return new ModelCatalogue(new Map(models))
  }

  /** Of those that have one, by the model’s ID. */
  forms(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#models.values()].flatMap(({ modelId, serialForm }) =>
        serialForm === undefined ? [] : [[modelId, serialForm.text]],
      ),
    )
  }

  find(make: string, model: string): ImportModel | undefined {
    return this.#models.get(keyOf(make, model))
  }

  /** `No model ‘Slap 422’ of ‘Example’; known: ‘Slap 442’.` */
  explainUnknown(make: string, model: string): string | undefined {
    return this.#unknown.explain(keyOf(make, model), () =>
      explainUnknownModel(make, model, [...this.#models.values()]),
    )
  }
}

const keyOf = (make: string, model: string): string =>
  `${make.normalize('NFC')}\n${model.normalize('NFC')}`
