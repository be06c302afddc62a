import Type, { type Static } from 'typebox'
import { Count, Cursor, Instant, PageLimit, Sha256, Uuid, closed } from './fields.ts'

export const IMPORT_FORMATS = ['csv', 'factory-manifest'] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]

/** `receiving → checking → ready → applying → applied`; or `failed`; or `discarded` from ready or failed. */
export const IMPORT_STATES = [
  'receiving',
  'checking',
  'ready',
  'applying',
  'applied',
  'failed',
  'discarded',
] as const
export type ImportState = (typeof IMPORT_STATES)[number]

/** The columns of an import file, in the order of the export. */
export const IMPORT_COLUMNS = [
  'serialNo',
  'make',
  'model',
  'deviceType',
  'deviceSubType',
  'level',
  'ftmCertificateSha256',
  'enrolmentSecretSha256',
  'group',
] as const
export type ImportColumn = (typeof IMPORT_COLUMNS)[number]

/** Every way a row can be wrong: the code is stable, the sentence is for the person who mends the file. */
export const ROW_ERRORS = {
  'row.column-count': 'The row has more or fewer columns than the header.',
  'row.value-missing': 'A value is required here.',
  'row.value-malformed': 'The value has characters that are not allowed, or is too long.',
  'row.formula': 'The value begins like a spreadsheet formula.',
  'row.device-type-unknown': 'The type is none of Finger, Iris and Face.',
  'row.level-unknown': 'The level is neither L0 nor L1.',
  'row.sha256-malformed': 'The value is not a SHA-256 in 64 hexadecimal digits.',
  'row.model-unknown': 'No model has this make and model; create it first.',
  'row.model-retired': 'This model is retired.',
  'row.device-type-differs': 'The approved model has another type.',
  'row.device-sub-type-differs': 'The approved model has another sub-type.',
  'row.level-differs': 'The approved model has another level.',
  'row.group-unknown': 'No group has this name; create it first.',
  'row.ftm-provider-differs': 'The model’s chips come from another FTM provider than the manifest.',
  'row.ftm-certificate-not-for-l0': 'A device of level L0 has no FTM certificate.',
  'row.enrolment-secret-not-for-l1': 'A device of level L1 needs no enrolment secret.',
  'row.enrolment-secret-missing': 'The model’s policy asks for an enrolment secret.',
  'row.duplicate-in-file': 'The same make, model and serial number stand in an earlier row.',
  'row.duplicate-ftm-certificate': 'The same FTM certificate stands in an earlier row.',
  'row.device-exists': 'A device with this make, model and serial number is in the repository.',
  'row.ftm-certificate-taken': 'Another device in the repository has this FTM certificate.',
} as const
export type RowErrorCode = keyof typeof ROW_ERRORS

export const ImportIdParams = Type.Object({ importId: Uuid }, closed)

const nullable = <const S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const ImportView = Type.Object(
  {
    importId: Uuid,
    format: Type.Enum(IMPORT_FORMATS),
    state: Type.Enum(IMPORT_STATES),
    /** Who signed the manifest: the subject of the factory’s certificate. */
    signer: nullable(Type.String()),
    fileSha256: nullable(Sha256),
    bytes: Count,
    bytesExpected: nullable(Count),
    rowsRead: Count,
    rowsValid: nullable(Count),
    rowsWithErrors: nullable(Count),
    rowsApplied: Count,
    /** Of the present step, 0 to 100. */
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
    rowsPerSecond: Count,
    failure: nullable(
      Type.Object(
        { code: Type.String(), detail: nullable(Type.String()), row: nullable(Count) },
        closed,
      ),
    ),
    choice: nullable(Type.Enum(['all', 'valid'])),
    uploadedAt: Instant,
    finishedAt: nullable(Instant),
  },
  closed,
)
export type ImportView = Static<typeof ImportView>

export const ImportQuery = Type.Object(
  { after: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  closed,
)
export type ImportQuery = Static<typeof ImportQuery>

export const ImportPage = Type.Object(
  { items: Type.Array(ImportView), next: nullable(Cursor) },
  closed,
)
export type ImportPage = Static<typeof ImportPage>

// Object.keys widens to string; both tables are closed.
const RowErrorCodeName = Type.Enum(Object.keys(ROW_ERRORS) as RowErrorCode[])

export const RowErrorView = Type.Object(
  {
    row: Type.Integer({ minimum: 1 }),
    column: nullable(Type.Enum(IMPORT_COLUMNS)),
    code: RowErrorCodeName,
    reason: Type.String(),
    serialNo: nullable(Type.String()),
  },
  closed,
)
export type RowErrorView = Static<typeof RowErrorView>

export const RowErrorQuery = Type.Object(
  {
    code: Type.Optional(RowErrorCodeName),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type RowErrorQuery = Static<typeof RowErrorQuery>

export const RowErrorPage = Type.Object(
  {
    items: Type.Array(RowErrorView),
    next: nullable(Cursor),
    /** How many rows each code has. */
    counts: Type.Array(Type.Object({ code: RowErrorCodeName, rows: Count }, closed)),
  },
  closed,
)
export type RowErrorPage = Static<typeof RowErrorPage>

export const ConfirmImport = Type.Object(
  {
    /** `all` is refused while any row has an error; `valid` leaves those rows out. */
    choice: Type.Enum(['all', 'valid']),
  },
  closed,
)
export type ConfirmImport = Static<typeof ConfirmImport>
