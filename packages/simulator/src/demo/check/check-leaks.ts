import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { makeDeviceProfile } from '../../profiles.ts'
import { SimulatedDevice } from '../../simulated-device.ts'
import type { Demo } from '../demo.ts'
import { waitUntil } from '../operator-api.ts'
import { CarelessSbi, askForCapture } from './careless-sbi.ts'
import { type Scanned, findLeaks, scanDatabase, scanFolder } from './leak-scan.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/**
 * MDS 0.9.5 › Management Client, 10: no biometric data is logged or kept, encrypted or not. Somebody else captures
 * beside our client, and the device then says it to whoever asks; after that, all that was ever written is read.
 */
export async function checkLeaks(demo: Demo, promises: Promises): Promise<void> {
  await look(
    promises,
    'what was captured beside the client is in no log, file or table that was written',
    async () => {
      const captured = await captureBesideTheClient(demo)
      if (findLeaks(captured, 'capture').length === 0)
        return broken('the scanner does not know a capture when it sees one')
      return tellOf([await scanFiles(demo), await scanServerDatabase(demo)])
    },
  )
}

const QUESTIONS = 4

/** @returns what was captured, once the client has heard it from the device again and again */
async function captureBesideTheClient(demo: Demo): Promise<string> {
  const at = (folder: string): string => join(demo.paths.directory, 'careless', folder)
  const device = await SimulatedDevice.start({
    profile: makeDeviceProfile(990_001),
    stateDirectory: at('device'),
    chipDirectory: demo.simulation.chipDirectory,
    handOverDirectory: demo.simulation.handOverDirectory,
    ftmProvider: demo.simulation.ftmProvider,
  })
  try {
    await using sbi = await CarelessSbi.before(device.port ?? 0)
    const captured = await askForCapture(sbi.port)
    await waitUntil('the client asks the careless device', async () =>
      Promise.resolve(sbi.askedSinceCapture >= QUESTIONS ? true : undefined),
    )
    return captured.split('\r\n\r\n')[1] ?? ''
  } finally {
    await device.stop()
  }
}

/** Logs, state of client and devices, configuration; all that the demo wrote. */
function scanFiles({ paths }: Demo): Promise<Scanned> {
  // The token seals what is in it, and the database is read through its own door.
  const leftOut = new Set([paths.token, join(paths.serverData, 'postgres')])
  return scanFolder(paths.directory, leftOut)
}

async function scanServerDatabase({ paths }: Demo): Promise<Scanned> {
  const client = new Client({
    host: await findSocket(join(paths.serverData, 'postgres')),
    user: 'sanad',
    database: 'postgres',
  })
  await client.connect()
  try {
    return await scanDatabase(client)
  } finally {
    await client.end()
  }
}

const LINE_OF_SOCKET = 4

/** PostgreSQL says in its own file where it listens. */
async function findSocket(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'cluster', 'postmaster.pid'), 'utf8')
  return text.split('\n')[LINE_OF_SOCKET]?.trim() ?? ''
}

function tellOf(scans: readonly Scanned[]): KeptPromise {
  const leaks = scans.flatMap((scan) => scan.leaks)
  const looked = scans.reduce((sum, scan) => sum + scan.looked, 0)
  const places = leaks.slice(0, 20).map(({ place, kind }) => `${kind} in ${place}`)
  return keptIf(leaks.length === 0, places.join('; '), `${looked} lines and values`)
}
