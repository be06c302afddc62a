import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import { importManifest } from '../packages/simulator/src/demo/approve-devices.ts'
import type { OperatorApi } from '../packages/simulator/src/demo/operator-api.ts'
import type { Finding } from './figures.ts'
import { quantile, time } from './latencies.ts'
import { ALL_CORES } from './processes.ts'
import { PROFILE_OF_LEVEL, createModels } from './provider.ts'
import type { Site } from './site.ts'

/** What an operator waits for: a delivery of 100,000 devices imported, and the list of all of them. */

const ROWS = 100_000
const TIMES = 20

export async function measureRepository(site: Site): Promise<readonly Finding[]> {
  await createModels(site)
  return site.withServer(ALL_CORES, async () => {
    const api = await site.signIn()
    const seconds = await importDevices(api)
    return [
      {
        name: 'import',
        figures: {
          'rows of CSV': ROWS,
          'seconds, from upload to the last device': seconds,
          'rows per second': ROWS / seconds,
        },
      },
      { name: 'device list', figures: await listDevices(site, api) },
    ]
  })
}

async function importDevices(api: OperatorApi): Promise<number> {
  const { make, model, type, deviceSubType, level } = PROFILE_OF_LEVEL.L0
  const rows = Array.from(
    { length: ROWS },
    (_, n) =>
      `EXR${String(n).padStart(9, '0')},${make},${model},${type},${deviceSubType},${level}\n`,
  )
  const csv = `serialNo,make,model,deviceType,deviceSubType,level\n${rows.join('')}`
  const start = performance.now()
  const { state, rowsApplied } = await importManifest(api, csv, 'text/csv')
  if (state !== 'applied' || rowsApplied !== ROWS) throw new Error(`${state}: ${rowsApplied} rows`)
  return (performance.now() - start) / 1000
}

/** Milliseconds until the first page is there, the median of some requests. */
async function listDevices(
  { database: { pool } }: Site,
  api: OperatorApi,
): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ devices: number }>('select count(*) as devices from device')
  const timePage = async (query: string): Promise<number> => {
    const took: number[] = []
    while (took.length < TIMES) {
      took.push((await time(() => api.require<DeviceList>('GET', `/devices?${query}`)))[0])
    }
    return quantile(took, 0.5)
  }
  return {
    devices: rows[0]?.devices ?? 0,
    'first page, newest first, ms': await timePage('sort=-approvedAt'),
    'first page, by serial number, ms': await timePage('sort=serialNo'),
    'first page, last check-in first, ms': await timePage('sort=-lastCheckInAt'),
    'part of a serial number, ms': await timePage('search=054321'),
  }
}
