import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  OPERATION_IDS,
  OPERATIONS,
  operationOf,
} from '../packages/protocol/src/operator-api/operations.ts'

/**
 * Writes method and path of each operation, and which of them are for two, into a file of their own, so that a browser
 * that asks the server loads no schemas. Run it after a change of a path or of `isForTwo`: `node tools/operation-routes.ts`. A test compares the two.
 */

const PATH = join(import.meta.dirname, '../packages/protocol/src/operator-api/operation-routes.ts')

const rows = Object.entries(OPERATIONS).map(([id, { route }]) => `  ${id}: '${route}',`)
const forTwo = OPERATION_IDS.filter((id) => operationOf(id).isForTwo === true)

writeFileSync(
  PATH,
  `/** Made of \`operations.ts\` by tools/operation-routes.ts: what a caller needs of each operation, without schemas. */
export const OPERATION_ROUTES = {
${rows.join('\n')}
} as const

/** Operations that a second person may have to confirm: docs/two-people.md. */
export const OPERATIONS_FOR_TWO = [
${forTwo.map((id) => `  '${id}',`).join('\n')}
] as const
`,
)
spawnSync('npx', ['oxfmt', PATH], { stdio: 'inherit' })
