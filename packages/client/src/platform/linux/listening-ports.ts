import { readFile } from 'node:fs/promises'
import { chooseOnePerPort } from '../one-per-port.ts'
import type { Listener, PortsBetween } from '../platform.ts'

/**
 * Ports of this machine that a program listens on, from the kernel's own tables: so the client finds a new device
 * within seconds, without trying a hundred closed ports each time.
 *
 * Java and Node listen on `::`, which stands in the table of IPv6 alone and takes connections to 127.0.0.1 as well.
 */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

/** @returns undefined where the system has no such table; then only the sweep finds a device */
export async function listListeners(range: PortsBetween): Promise<Listener[] | undefined> {
  const tables = await Promise.all(
    TABLES.map((path) => readFile(path, 'latin1').catch(() => undefined)),
  )
  if (tables.every((table) => table === undefined)) return undefined
  return chooseOnePerPort(
    tables.flatMap((table) => readTable(table ?? '')),
    range,
  )
}

/** proc(5): `sl local_address rem_address st … uid timeout inode`, addresses in hexadecimal, `0A` for LISTEN. */
const LISTENING =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A(?: +\S+){5} +(\d+)/gm

/** 0.0.0.0, 127.0.0.1, ::, ::ffff:0.0.0.0 and ::ffff:127.0.0.1, in the byte order of the table. */
const AT_LOOPBACK = /^(?:00000000|0100007F|0{32}|0000000000000000FFFF0000(?:00000000|0100007F))$/

export const readTable = (table: string): Listener[] =>
  [...table.matchAll(LISTENING)].map(([, address = '', port = '', inode = '']) => ({
    port: Number.parseInt(port, 16),
    id: inode,
    isAtLoopback: AT_LOOPBACK.test(address),
  }))
