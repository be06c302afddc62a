import type { Database, DatabaseTransaction } from './database.ts'
import { workInTurn } from './work-in-turn.ts'

/**
 * Long work on many devices: campaigns and orders to rotate that gather theirs, acts on many, orders that are
 * cancelled. Each task advances a part at a time, in the order of device ids, and keeps the place behind the part in
 * the transaction of that part: a server that dies in between continues there, and no device is worked twice.
 */

export interface PartWork<Task> {
  readonly database: Database
  /** The ids of tasks that are not over, the next one first. */
  readonly list: () => Promise<readonly string[]>
  /** Locks the task until the commit of the part; undefined: it is over, or another server has it. */
  readonly hold: (tx: DatabaseTransaction, id: string) => Promise<Task | undefined>
  /** Devices of one part: the locks of a part are held for as long as it takes. */
  readonly atOnce: (task: Task) => number
  /** The next devices, in the order of their ids. */
  readonly find: (tx: DatabaseTransaction, task: Task, count: number) => Promise<readonly string[]>
  /** Works them and keeps the place; the last part ends the task. */
  readonly work: (tx: DatabaseTransaction, task: Task, part: Part) => Promise<void>
  /** Notes why a part failed, where that is kept; the task is left for the next run. */
  readonly noteFailure?: (id: string, error: unknown) => Promise<void>
}

export interface Part {
  readonly deviceIds: readonly string[]
  /** The last of them; undefined: there was none. */
  readonly place: string | undefined
  readonly isLast: boolean
}

/**
 * Until no task is left that can advance.
 *
 * @throws what the first part that failed threw, after all other tasks, unless failures are noted
 */
export function fillInParts<Task>(work: PartWork<Task>, signal?: AbortSignal): Promise<void> {
  return workInTurn(
    work.list,
    (id) => work.database.transaction().execute((tx) => workPart(tx, work, id)),
    signal,
    work.noteFailure,
  )
}

async function workPart<Task>(
  tx: DatabaseTransaction,
  { hold, atOnce, find, work }: PartWork<Task>,
  id: string,
): Promise<void> {
  const task = await hold(tx, id)
  if (task === undefined) return
  const count = atOnce(task)
  const deviceIds = await find(tx, task, count)
  await work(tx, task, {
    deviceIds,
    place: deviceIds.at(-1),
    isLast: deviceIds.length < count,
  })
}
