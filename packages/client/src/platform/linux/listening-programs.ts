import { readFile, readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Listener, ListeningProgram } from '../platform.ts'

/** A computer of a registration centre has some hundred processes. */
const MOST_PROCESSES = 20_000

/** Programs of other accounts stay unnamed, unless the client runs as root. */
export async function findPrograms(
  listeners: readonly Listener[],
): Promise<ReadonlyMap<number, ListeningProgram>> {
  const wanted = new Map(listeners.map(({ id, port }) => [`socket:[${id}]`, port]))
  const owners = wanted.size === 0 ? [] : [...(await findOwners(wanted))]
  const named = owners.map(async ([port, pid]) => ({ port, pid, name: await nameProgram(pid) }))
  return new Map(
    (await Promise.all(named)).flatMap(({ port, pid, name }) =>
      name === undefined ? [] : [[port, { pid, name }]],
    ),
  )
}

/** proc(5), /proc/pid/fd: an open socket is a link to `socket:[inode]`. @returns process by port */
async function findOwners(wanted: ReadonlyMap<string, number>): Promise<Map<number, number>> {
  const owners = new Map<number, number>()
  const names = await readdir('/proc').catch(() => [])
  for (const name of names.filter((each) => /^\d+$/.test(each)).slice(0, MOST_PROCESSES)) {
    if (owners.size === wanted.size) break
    for (const link of await readLinks(`/proc/${name}/fd`)) {
      const port = wanted.get(link)
      if (port !== undefined && !owners.has(port)) owners.set(port, Number(name))
    }
  }
  return owners
}

/** Empty for a process of another account, and for one that has just ended. */
async function readLinks(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')))
}

async function nameProgram(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const [program = '', ...words] = line.split('\0')
  const archive = words.find((word) => /\.(?:jar|war)$/i.test(word))
  if (program === '') return undefined
  const parts = [program, ...(archive === undefined ? [] : [archive])]
  return parts.map((path) => basename(path)).join(' ')
}
