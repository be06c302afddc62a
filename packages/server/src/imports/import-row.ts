import { type RowFindingCode, isRowWarning } from '@sanad/protocol/operator-api/row-findings'
import { Make, Model, SerialNo } from '@sanad/protocol/text/fields'
import { isSubTypeOf } from '@sanad/protocol/operator-api/models'
import { PROOF_FAULTS, findProofFaults } from '@sanad/protocol/domain/device-proof'
import type { ImportColumn } from '@sanad/protocol/domain/import-columns'
import { nameCharacter, show } from '@sanad/protocol/domain/named-character'
import { examineSerialNo } from '@sanad/protocol/domain/serial-number'
import { DEVICE_TYPES, type DeviceType, LEVELS } from '@sanad/protocol/domain/device-kinds'
import { Compile } from 'typebox/compile'
import type { GroupCatalogue } from './group-catalogue.ts'
import type { ImportModel, ModelCatalogue } from './model-catalogue.ts'
import { listed } from './unknown-names.ts'

/** One row of an import file against what may stand in it and against its model. Pure. */

/** A row as it was read: texts, where there are any. */
export interface RawRow {
  /** As people count: the header of a CSV file is row 1, the first device of a manifest too. */
  readonly rowNo: number
  readonly values: Readonly<Partial<Record<ImportColumn, string>>>
  /** Wrong with the row as a whole, before its values are looked at. */
  readonly problem?: Fault
}

export interface StagedRow {
  readonly rowNo: number
  readonly modelId: string
  readonly serialNo: string
  readonly ftmCertificateSha256: Buffer | null
  readonly enrolmentSecretSha256: Buffer | null
  readonly groupId: string | null
}

export interface RowFinding {
  readonly rowNo: number
  readonly code: RowFindingCode
  readonly column: ImportColumn | ''
  readonly serialNo: string | null
  /** The sentence, where it says more than the code does. */
  readonly detail: string | null
}

export interface CheckedRow {
  /** Undefined where a finding keeps the row out. */
  readonly staged: StagedRow | undefined
  readonly findings: readonly RowFinding[]
}

interface Fault {
  readonly code: RowFindingCode
  readonly column?: ImportColumn
  readonly detail?: string | undefined
}

const CHECKS = { make: Compile(Make), model: Compile(Model) }
const IS_SHOWN = Compile(SerialNo)
const SHA256 = /^[0-9a-f]{64}$/i
/** What a reader puts where bytes were not UTF-8. */
const REPLACEMENT = '\uFFFD'

export interface Catalogues {
  readonly models: ModelCatalogue
  readonly groups: GroupCatalogue
}

export function checkRow(raw: RawRow, catalogues: Catalogues): CheckedRow {
  const faults = raw.problem === undefined ? findFaults(raw, catalogues) : [raw.problem]
  const errors = faults.filter(({ code }) => !isRowWarning(code))
  const staged = errors.length > 0 ? undefined : stage(raw, catalogues)
  // Doubts about a row that is kept out anyway are no help.
  const told = errors.length > 0 ? errors : faults
  return { staged, findings: told.map((fault) => toFinding(raw, fault)) }
}

function stage({ rowNo, values }: RawRow, { models, groups }: Catalogues): StagedRow {
  const { serialNo = '', make = '', model = '', group = '' } = values
  return {
    rowNo,
    modelId: models.find(make, model)?.modelId ?? '',
    serialNo,
    ftmCertificateSha256: sha256Of(values.ftmCertificateSha256),
    enrolmentSecretSha256: sha256Of(values.enrolmentSecretSha256),
    groupId: groups.find(group) ?? null,
  }
}

function toFinding({ rowNo, values }: RawRow, { code, column, detail }: Fault): RowFinding {
  const { serialNo } = values
  const isShown = serialNo !== undefined && IS_SHOWN.Check(serialNo)
  return {
    rowNo,
    code,
    column: column ?? '',
    serialNo: isShown ? serialNo : null,
    detail: detail ?? null,
  }
}

function findFaults({ values }: RawRow, { models, groups }: Catalogues): Fault[] {
  const model = models.find(values.make ?? '', values.model ?? '')
  const faults = [
    ...findFaultsOfSerialNo(values, model),
    ...findFaultsOfForm(values),
    ...findUnknownGroup(values, groups),
  ]
  if (faults.some(({ column }) => column === 'make' || column === 'model')) return faults
  if (model === undefined) {
    const { make = '', model: name = '' } = values
    const detail = models.explainUnknown(make, name)
    return [...faults, { code: 'row.model-unknown', column: 'model', detail }]
  }
  if (model.isRetired) {
    const detail = `The model ${show(model.model)} of ${show(model.make)} is retired.`
    return [...faults, { code: 'row.model-retired', column: 'model', detail }]
  }
  const known = new Set(
    faults.filter(({ code }) => !isRowWarning(code)).map(({ column }) => column),
  )
  return [
    ...faults,
    ...findContradictions(values, model).filter(({ column }) => !known.has(column)),
  ]
}

function findFaultsOfSerialNo({ serialNo }: Values, model: ImportModel | undefined): Fault[] {
  if (serialNo === undefined || serialNo === '') {
    return [{ code: 'row.value-missing', column: 'serialNo' }]
  }
  const { fault, doubts } = examineSerialNo(serialNo, model?.serialForm)
  return [...(fault === undefined ? doubts : [fault])].map(({ code, reason }) => ({
    code,
    column: 'serialNo',
    detail: reason,
  }))
}

type Values = RawRow['values']

function* findFaultsOfForm(values: Values): Generator<Fault> {
  for (const column of ['make', 'model'] as const) {
    const value = values[column]
    if (value === undefined || value === '') yield { code: 'row.value-missing', column }
    else if (!CHECKS[column].Check(value) || value.includes(REPLACEMENT)) {
      yield malformed(column, value)
    }
  }
  yield* findUnknownWords(values)
  for (const column of ['ftmCertificateSha256', 'enrolmentSecretSha256'] as const) {
    const value = values[column]
    if (value === undefined) continue
    if (!SHA256.test(value)) yield malformedSha256(column, value)
    else if (isNoHash(value)) yield { code: 'row.sha256-malformed', column, detail: NO_HASH }
  }
}

function malformed(column: ImportColumn, value: string): Fault {
  const odd = /[\p{C}\uFFFD]/u.exec(value)?.[0]
  const why =
    odd === undefined
      ? `has ${value.length} characters, which is too many`
      : `has ${nameCharacter(odd)}`
  return { code: 'row.value-malformed', column, detail: `${show(value)} ${why}.` }
}

/** A wrong text in the column of secrets may be a secret: it is not shown. */
function malformedSha256(column: ImportColumn, value: string): Fault {
  const wanted = 'a SHA-256 is 64 hexadecimal digits'
  if (column === 'enrolmentSecretSha256') {
    const also = value.length === 64 ? ', not all of them hexadecimal digits' : ''
    const detail = `The value has ${value.length} characters${also}; ${wanted}.`
    return { code: 'row.sha256-malformed', column, detail }
  }
  const odd = Array.from(value).find((character) => !/^[0-9a-f]$/i.test(character))
  const what =
    odd === undefined
      ? `${value.length} digits`
      : `${value.length} characters, among them ${nameCharacter(odd)}`
  return { code: 'row.sha256-malformed', column, detail: `${show(value)} has ${what}; ${wanted}.` }
}

/** One digit over and over fills a cell; the other is what a program makes of an empty file. */
const isNoHash = (value: string): boolean =>
  /^(.)\1+$/.test(value) || value.toLowerCase() === SHA256_OF_NOTHING
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const NO_HASH =
  'The value is no SHA-256 of anything: it is one digit over and over, or the SHA-256 of an empty file.'

function* findUnknownWords({ deviceType, level }: Values): Generator<Fault> {
  if (deviceType !== undefined && !isOneOf(DEVICE_TYPES, deviceType)) {
    const detail = `No device type ${show(deviceType)}${listed(DEVICE_TYPES, deviceType)}.`
    yield { code: 'row.device-type-unknown', column: 'deviceType', detail }
  }
  if (level !== undefined && !isOneOf(LEVELS, level)) {
    const detail = `No level ${show(level)}${listed(LEVELS, level)}.`
    yield { code: 'row.level-unknown', column: 'level', detail }
  }
}

function* findUnknownGroup({ group }: Values, groups: GroupCatalogue): Generator<Fault> {
  if (group === undefined || groups.find(group) !== undefined) return
  const detail = groups.explainUnknown(group)
  yield { code: 'row.group-unknown', column: 'group', detail }
}

const isOneOf = <T extends string>(list: readonly T[], text: string): text is T =>
  (list as readonly string[]).includes(text)

/** What the row says of the device must be what is approved of its model; saying nothing is allowed. */
function findContradictions(values: Values, model: ImportModel): Fault[] {
  const faults: Fault[] = []
  const differ = (column: ImportColumn, approved: string, code: RowFindingCode) => {
    const value = values[column]
    if (value === undefined || value === approved) return
    const detail = `${show(value)} is not what is approved of ${show(model.model)}: ${show(approved)}.`
    faults.push({ code, column, detail })
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
  for (const code of findProofFaults(model, values)) {
    yield { code, column: PROOF_FAULTS[code].column }
  }
}

const sha256Of = (hex: string | undefined): Buffer | null =>
  hex === undefined ? null : Buffer.from(hex, 'hex')
