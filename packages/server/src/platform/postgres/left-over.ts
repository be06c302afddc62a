import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A database that outlived its server. */

const pidFileOf = (cluster: string): string => join(cluster, 'postmaster.pid')

/** After a kill -9 of the server, its database may still run: end it, so that there is one. */
export async function endLeftOver(cluster: string): Promise<void> {
  const pid = await findPostmaster(cluster)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; waited < 10_000 && existsSync(pidFileOf(cluster)); waited += 50)
    await wait(50)
}

async function findPostmaster(cluster: string): Promise<number | undefined> {
  const text = await readFile(pidFileOf(cluster), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return pid > 1 && isPostgres(pid, cluster) ? pid : undefined
}

/** Node names its main thread so, in the versions that there are. */
const NODE = /^(?:node|MainThread)/

/**
 * Whether the database of this folder has somebody who looks after it. One whose server was killed goes on
 * under init, and nobody would start it again or stop it.
 */
export async function hasKeeper(directory: string): Promise<boolean> {
  const pid = await findPostmaster(join(directory, 'cluster'))
  if (pid === undefined) return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    return NODE.test(readFileSync(`/proc/${parent}/comm`, 'utf8'))
  } catch {
    return false
  }
}

function isPostgres(pid: number, cluster: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster)
  } catch {
    return false
  }
}
