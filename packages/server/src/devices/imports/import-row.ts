import { IMPORT_COLUMNS, type ImportColumn, type RowErrorCode } from '@sanad/protocol/api/imports'
import { Make, Model, SerialNo } from '@sanad/protocol/api/fields'
import { isSubTypeOf } from '@sanad/protocol/api/models'
import { DEVICE_TYPES, type DeviceType, LEVELS } from '@sanad/protocol/digital-id'
import { Compile } from 'typebox/compile'
import type { GroupCatalogue } from './group-catalogue.ts'
import type { ImportModel, ModelCatalogue } from './model-catalogue.ts'

/** One row of an import file against what may stand in it and against its model. Pure. */

/** A row as it was read: texts, where there are any. */
export interface RawRow {
  /** As people count: the header of a CSV file is row 1, the first device of a manifest too. */
  readonly rowNo: number
  readonly values: Readonly<Partial<Record<ImportColumn, string>>>
  /** Wrong with the row as a whole, before its values are looked at. */
  readonly problem?: { readonly code: RowErrorCode; readonly column?: ImportColumn }
}

export interface StagedRow {
  readonly rowNo: number
  readonly modelId: string
  readonly serialNo: string
  readonly ftmCertificateSha256: Buffer | null
  readonly enrolmentSecretSha256: Buffer | null
  readonly groupId: string | null
}

export interface RowError {
  readonly rowNo: number
  readonly code: RowErrorCode
  readonly column: ImportColumn | ''
  readonly serialNo: string | null
}

export type CheckedRow = StagedRow | readonly RowError[]

export const isStaged = (row: CheckedRow): row is StagedRow => !Array.isArray(row)

interface Fault {
  readonly code: RowErrorCode
  readonly column?: ImportColumn
}

const CHECKS = { serialNo: Compile(SerialNo), make: Compile(Make), model: Compile(Model) }
const SHA256 = /^[0-9a-f]{64}$/i
/** What a reader puts where bytes were not UTF-8. */
const REPLACEMENT = '\uFFFD'

export interface Catalogues {
  readonly models: ModelCatalogue
  readonly groups: GroupCatalogue
}

export function checkRow(raw: RawRow, { models, groups }: Catalogues): CheckedRow {
  const faults = raw.problem === undefined ? findFaults(raw, { models, groups }) : [raw.problem]
  if (faults.length > 0) return faults.map((fault) => describeFault(raw, fault))
  const { serialNo = '', make = '', model = '', group = '' } = raw.values
  return {
    rowNo: raw.rowNo,
    modelId: models.find(make, model)?.modelId ?? '',
    serialNo: serialNo.normalize('NFC'),
    ftmCertificateSha256: sha256Of(raw.values.ftmCertificateSha256),
    enrolmentSecretSha256: sha256Of(raw.values.enrolmentSecretSha256),
    groupId: groups.find(group) ?? null,
  }
}

function describeFault({ rowNo, values }: RawRow, { code, column }: Fault): RowError {
  const { serialNo } = values
  const isShown = serialNo !== undefined && CHECKS.serialNo.Check(serialNo)
  return { rowNo, code, column: column ?? '', serialNo: isShown ? serialNo : null }
}

function findFaults({ values }: RawRow, { models, groups }: Catalogues): Fault[] {
  const faults = [...findFaultsOfForm(values), ...findUnknownGroup(values, groups)]
  if (faults.some(({ column }) => column === 'make' || column === 'model')) return faults
  const model = models.find(values.make ?? '', values.model ?? '')
  if (model === undefined) return [...faults, { code: 'row.model-unknown', column: 'model' }]
  if (model.isRetired) return [...faults, { code: 'row.model-retired', column: 'model' }]
  const known = new Set(faults.map(({ column }) => column))
  return [
    ...faults,
    ...findContradictions(values, model).filter(({ column }) => !known.has(column)),
  ]
}

type Values = RawRow['values']

function* findFaultsOfForm(values: Values): Generator<Fault> {
  for (const column of ['serialNo', 'make', 'model'] as const) {
    const value = values[column]
    if (value === undefined) yield { code: 'row.value-missing', column }
    else if (!CHECKS[column].Check(value)) yield { code: 'row.value-malformed', column }
  }
  for (const column of IMPORT_COLUMNS) {
    if (values[column]?.includes(REPLACEMENT) === true) {
      yield { code: 'row.value-malformed', column }
    }
  }
  yield* findUnknownWords(values)
  for (const column of ['ftmCertificateSha256', 'enrolmentSecretSha256'] as const) {
    const value = values[column]
    if (value !== undefined && !SHA256.test(value)) yield { code: 'row.sha256-malformed', column }
  }
}

function* findUnknownWords({ deviceType, level }: Values): Generator<Fault> {
  if (deviceType !== undefined && !isOneOf(DEVICE_TYPES, deviceType)) {
    yield { code: 'row.device-type-unknown', column: 'deviceType' }
  }
  if (level !== undefined && !isOneOf(LEVELS, level)) {
    yield { code: 'row.level-unknown', column: 'level' }
  }
}

function* findUnknownGroup({ group }: Values, groups: GroupCatalogue): Generator<Fault> {
  if (group === undefined || group.includes(REPLACEMENT)) return
  if (groups.find(group) === undefined) yield { code: 'row.group-unknown', column: 'group' }
}

const isOneOf = <T extends string>(list: readonly T[], text: string): text is T =>
  (list as readonly string[]).includes(text)

/** What the row says of the device must be what is approved of its model; saying nothing is allowed. */
function findContradictions(values: Values, model: ImportModel): Fault[] {
  const faults: Fault[] = []
  const differ = (column: ImportColumn, approved: string, code: RowErrorCode) => {
    const value = values[column]
    if (value !== undefined && value !== approved) faults.push({ code, column })
  }
  differ('deviceType', model.deviceType, 'row.device-type-differs')
  if (isSubTypeToCompare(values, model.deviceType)) {
    differ('deviceSubType', model.deviceSubType, 'row.device-sub-type-differs')
  }
  differ('level', model.level, 'row.level-differs')
  return [...faults, ...findMisplacedProof(values, model)]
}

/** With another type, the sub-type is no second mistake. */
const isSubTypeToCompare = ({ deviceType, deviceSubType }: Values, approved: DeviceType): boolean =>
  deviceType === undefined || deviceType === approved || isSubTypeOf(approved, deviceSubType ?? '')

function* findMisplacedProof(values: Values, model: ImportModel): Generator<Fault> {
  if (model.isOfAnotherFtmProvider) yield { code: 'row.ftm-provider-differs', column: 'model' }
  if (model.level === 'L0' && values.ftmCertificateSha256 !== undefined) {
    yield { code: 'row.ftm-certificate-not-for-l0', column: 'ftmCertificateSha256' }
  }
  if (model.level === 'L1' && values.enrolmentSecretSha256 !== undefined) {
    yield { code: 'row.enrolment-secret-not-for-l1', column: 'enrolmentSecretSha256' }
  }
  const needsSecret = model.l0Policy === 'enrolment-secret'
  if (needsSecret && values.enrolmentSecretSha256 === undefined) {
    yield { code: 'row.enrolment-secret-missing', column: 'enrolmentSecretSha256' }
  }
}

const sha256Of = (hex: string | undefined): Buffer | null =>
  hex === undefined ? null : Buffer.from(hex, 'hex')
