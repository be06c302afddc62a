import Type, { type Static } from 'typebox'
import { IMPORT_COLUMNS, LEFT_OUT } from '../domain/import-columns.ts'
import { IMPORT_STATES } from '../domain/import-lifecycle.ts'
import { ENCODINGS } from '../domain/table-head.ts'
import {
  FreeText,
  Count,
  Cursor,
  Instant,
  PageLimit,
  Sha256,
  Uuid,
  closed,
  nullable,
} from '../text/fields.ts'
import { ROW_FINDINGS, type RowFindingCode } from './row-findings.ts'

export const IMPORT_FORMATS = ['csv', 'factory-manifest'] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]

/** How the file was understood, before any row of it. */
export const ImportReading = Type.Object(
  {
    encoding: Type.Enum(ENCODINGS),
    delimiter: Type.String({ minLength: 1, maxLength: 1 }),
    /** Rows above the header that were read past, a title or a date; absent where there are none. */
    above: Type.Optional(Type.Array(Type.String())),
    /** In the order of the file: each header as it stands, and what it was taken for; `-` is left out. */
    columns: Type.Array(
      Type.Object(
        { header: Type.String(), column: Type.Enum([...IMPORT_COLUMNS, LEFT_OUT]) },
        closed,
      ),
    ),
  },
  closed,
)
export type ImportReading = Static<typeof ImportReading>

/** `confirm`: a person has compared them. `leave-out`: those rows are not approved. */
export const WARNING_CHOICES = ['confirm', 'leave-out'] as const
export type WarningChoice = (typeof WARNING_CHOICES)[number]

export const UploadImportQuery = Type.Object(
  {
    /** For people: it is shown, and nothing is decided by it. */
    fileName: Type.Optional(FreeText(255)),
    /**
     * Of CSV, what each column is, in the order of the file, separated by commas; `-` leaves one out. Without it
     * the header says.
     */
    columns: Type.Optional(
      Type.String({ maxLength: 2_000, pattern: '^(?:-|[A-Za-z0-9]+)(?:,(?:-|[A-Za-z0-9]+))*$' }),
    ),
  },
  closed,
)
export type UploadImportQuery = Static<typeof UploadImportQuery>

export const ImportView = Type.Object(
  {
    importId: Uuid,
    format: Type.Enum(IMPORT_FORMATS),
    /** As the sender gave it. */
    fileName: nullable(Type.String()),
    /** How a CSV file was read; null of a manifest, and before the header was read. */
    reading: nullable(ImportReading),
    state: Type.Enum(IMPORT_STATES),
    /** Who signed the manifest: the subject of the factory’s certificate. */
    signer: nullable(Type.String()),
    fileSha256: nullable(Sha256),
    bytes: Count,
    bytesExpected: nullable(Count),
    rowsRead: Count,
    rowsValid: nullable(Count),
    rowsWithErrors: nullable(Count),
    /** Of the valid rows. */
    rowsWithWarnings: nullable(Count),
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
    /** What was said of the rows with warnings. */
    warnings: nullable(Type.Enum(WARNING_CHOICES)),
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

// Object.keys widens to string; the table is closed.
const RowFindingCodeName = Type.Enum(Object.keys(ROW_FINDINGS) as RowFindingCode[])

export const RowErrorView = Type.Object(
  {
    row: Type.Integer({ minimum: 1 }),
    column: nullable(Type.Enum(IMPORT_COLUMNS)),
    code: RowFindingCodeName,
    /** An error keeps the row out; a warning waits for a person. */
    severity: Type.Enum(['error', 'warning']),
    /** One sentence, with the text that it is about and, where there are any, the known alternatives. */
    reason: Type.String(),
    serialNo: nullable(Type.String()),
  },
  closed,
)
export type RowErrorView = Static<typeof RowErrorView>

export const RowErrorQuery = Type.Object(
  {
    code: Type.Optional(RowFindingCodeName),
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
    counts: Type.Array(Type.Object({ code: RowFindingCodeName, rows: Count }, closed)),
  },
  closed,
)
export type RowErrorPage = Static<typeof RowErrorPage>

export const ConfirmImport = Type.Object(
  {
    /** `all` is refused while any row has an error; `valid` leaves those rows out. */
    choice: Type.Enum(['all', 'valid']),
    /** Required while any of those rows has a warning. */
    warnings: Type.Optional(Type.Enum(WARNING_CHOICES)),
  },
  closed,
)
export type ConfirmImport = Static<typeof ConfirmImport>
