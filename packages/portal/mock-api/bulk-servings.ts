import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'

/** Acts on many devices. */
export const BULK_SERVINGS = {
  listBulkActs: ({ world, query }) => pageOf(world.bulk.acts, ({ bulkActId }) => bulkActId, query),
  previewBulkAct: ({ world, body: { selection, ...terms } }) =>
    world.bulk.preview(world, terms, selection),
  orderBulkAct: ({ world, body }) => world.bulk.order(world, body),
  readBulkAct: ({ world, params }) => world.bulk.read(world, params.bulkActId),
  listBulkActFailures: ({ world, params, query }) =>
    pageOf(world.bulk.failures(params.bulkActId), ({ serialNo }) => serialNo, query),
  cancelBulkAct: ({ world, params }) => world.bulk.cancel(params.bulkActId),
  downloadBulkActFailures: ({ world, params }) => world.bulk.failuresCsv(params.bulkActId),
} satisfies MockServings
