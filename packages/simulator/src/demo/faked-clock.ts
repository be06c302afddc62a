import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A clock that is ahead, for a program that is started under it: libfaketime, Debian’s package `faketime`. */

const LIBRARIES = '/usr/lib'
const LIBRARY = join('faketime', 'libfaketimeMT.so.1')

export interface ClockAhead {
  readonly hours: number
}

/** @throws Error where libfaketime is not installed */
export function environmentOfClock({ hours }: ClockAhead): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: findLibrary(),
    FAKETIME: `+${hours}h`,
    // Time-outs and intervals stay what they are.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    // As root, PostgreSQL is another account and could not open the memory that ours shares.
    FAKETIME_DISABLE_SHM: '1',
  }
}

function findLibrary(): string {
  const folders = readdirSync(LIBRARIES).filter((name) => name.endsWith('-linux-gnu'))
  const found = [...folders, '']
    .map((folder) => join(LIBRARIES, folder, LIBRARY))
    .find((path) => existsSync(path))
  if (found === undefined) throw new Error('libfaketime is missing: apt-get install faketime')
  return found
}
