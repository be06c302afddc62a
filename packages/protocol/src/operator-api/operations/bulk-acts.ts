import {
  BulkActFailurePage,
  BulkActFailureQuery,
  BulkActPage,
  BulkActPreview,
  BulkActPreviewBody,
  BulkActQuery,
  BulkActView,
  NewBulkAct,
} from '../bulk-acts.ts'
import { operation } from '../operation.ts'

/** One act on many devices. */

const tag = 'bulk-acts'
const problems = ['bulk-act.not-found'] as const

export const BULK_ACT_OPERATIONS = {
  previewBulkAct: operation('POST /bulk-acts/preview', {
    access: 'bulk-act:order',
    tag,
    summary: 'Preview an act on many devices',
    description: 'How many devices the act would change or refuse, and why. Orders nothing.',
    body: BulkActPreviewBody,
    answer: BulkActPreview,
    problems: ['device.not-found', 'group.not-found', 'bulk-act.too-many-devices'],
  }),
  orderBulkAct: operation('POST /bulk-acts', {
    access: 'bulk-act:order',
    tag,
    summary: 'Order an act on many devices',
    description:
      'Answers at once and is worked off in the background. Each act needs its own permission besides.',
    body: NewBulkAct,
    answer: BulkActView,
    status: 202,
    location: '/bulk-acts/:bulkActId',
    problems: [
      'device.not-found',
      'group.not-found',
      'bulk-act.too-many-devices',
      'bulk-act.too-many-waiting',
      'request.conflict',
    ],
    isForTwo: true,
  }),
  listBulkActs: operation('GET /bulk-acts', {
    access: 'bulk-act:read',
    tag,
    summary: 'List acts on many devices',
    description: 'Acts, the latest first, page by page.',
    query: BulkActQuery,
    answer: BulkActPage,
  }),
  readBulkAct: operation('GET /bulk-acts/:bulkActId', {
    access: 'bulk-act:read',
    tag,
    summary: 'Read an act on many devices',
    description: 'One act, and how far it has come.',
    answer: BulkActView,
    problems,
  }),
  listBulkActFailures: operation('GET /bulk-acts/:bulkActId/failures', {
    access: 'bulk-act:read',
    tag,
    summary: 'List the devices that an act did not change',
    description: 'Each device that refused the act, with the reason, page by page.',
    query: BulkActFailureQuery,
    answer: BulkActFailurePage,
    problems,
  }),
  downloadBulkActFailures: operation('GET /bulk-acts/:bulkActId/failures.csv', {
    access: 'bulk-act:read',
    tag,
    summary: 'Download the devices that an act did not change',
    description: 'The same as a file.',
    answer: { mediaType: 'text/csv', fileName: 'not-done.csv' },
    problems,
  }),
  cancelBulkAct: operation('POST /bulk-acts/:bulkActId/cancel', {
    access: 'bulk-act:order',
    tag,
    summary: 'Cancel an act on many devices',
    description: 'Devices that were changed by then stay changed.',
    answer: BulkActView,
    problems: [...problems, 'bulk-act.state-refused'],
  }),
} as const
