import {
  ConfirmImport,
  ImportPage,
  ImportQuery,
  ImportView,
  RowErrorPage,
  RowErrorQuery,
  UploadImportQuery,
} from '../imports.ts'
import { operation } from '../operation.ts'

/** Files of devices to approve. */

const tag = 'imports'
const problems = ['import.not-found'] as const

export const IMPORT_OPERATIONS = {
  uploadImport: operation('POST /imports/:importId', {
    access: 'import:manage',
    tag,
    summary: 'Upload a file of devices',
    description:
      'CSV, or a factory’s signed manifest. Checks every row and approves nothing yet. The id is the sender’s choice, so that the upload can be watched, and sent again if it broke.',
    query: UploadImportQuery,
    body: { mediaTypes: ['text/csv', 'application/jose'] },
    answer: ImportView,
    problems: [
      'import.not-readable',
      'import.signature-invalid',
      'import.state-refused',
      'import.too-many-rows',
      'request.conflict',
    ],
  }),
  listImports: operation('GET /imports', {
    access: 'import:read',
    tag,
    summary: 'List imports',
    description: 'Imports, the latest first, page by page.',
    query: ImportQuery,
    answer: ImportPage,
  }),
  readImport: operation('GET /imports/:importId', {
    access: 'import:read',
    tag,
    summary: 'Read an import',
    description: 'One import, and how far it has come.',
    answer: ImportView,
    problems,
  }),
  listImportErrors: operation('GET /imports/:importId/errors', {
    access: 'import:read',
    tag,
    summary: 'List rows with errors or warnings',
    description: 'Each row that cannot be taken as it is, with the reason, page by page.',
    query: RowErrorQuery,
    answer: RowErrorPage,
    problems,
  }),
  downloadImportErrors: operation('GET /imports/:importId/errors.csv', {
    access: 'import:read',
    tag,
    summary: 'Download rows with errors or warnings',
    description: 'The same as a file.',
    answer: { mediaType: 'text/csv', fileName: 'import-errors.csv' },
    problems,
  }),
  confirmImport: operation('POST /imports/:importId/confirm', {
    access: 'import:manage',
    tag,
    summary: 'Confirm an import',
    description: 'Approves the devices of all rows, or of the valid ones, in the background.',
    body: ConfirmImport,
    answer: ImportView,
    status: 202,
    problems: [...problems, 'import.has-errors', 'import.has-warnings', 'import.state-refused'],
  }),
  discardImport: operation('POST /imports/:importId/discard', {
    access: 'import:manage',
    tag,
    summary: 'Discard an import',
    description: 'Approves nothing of the file.',
    answer: ImportView,
    problems: [...problems, 'import.state-refused'],
  }),
} as const
