import { randomUUID } from 'node:crypto'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { type Promises, keptIf, look } from './promise.ts'

/** A bad file harms nothing, and says where it is bad; the portal is served as strictly as it is built. */
export async function checkImport(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'an import with bad rows names row, column and reason, and writes nothing before it is confirmed',
    async () => {
      const importId = await upload(api)
      const { items } = await api.require<RowErrorPage>('GET', `/imports/${importId}/errors`)
      const named = items.map(({ row, column, code }) => `${row} ${column} ${code}`).join(', ')
      const refused = await api.call('POST', `/api/v1/imports/${importId}/confirm`, {
        choice: 'all',
      })
      const unchanged = (await findDevice(api)) === 0
      await api.require('POST', `/imports/${importId}/confirm`, { choice: 'valid' })
      await waitForState(api, importId, 'applied')
      const approved = await findDevice(api)
      const holds = items.length === 2 && refused.status === 409 && unchanged && approved === 1
      return keptIf(holds, JSON.stringify({ named, refused, unchanged, approved }), named)
    },
  )
  await look(promises, 'a damaged serial number is refused, with the damage named', () =>
    checkDamage(api),
  )
  await look(
    promises,
    'the portal is served, with a policy that admits nothing from elsewhere',
    async () => {
      const page = await api.read('/')
      const policy = page.headers['content-security-policy'] ?? ''
      const isStrict = policy.includes("default-src 'self'") && !policy.includes('unsafe')
      return keptIf(
        page.status === 200 && page.text.includes('<div id="root">') && isStrict,
        `${page.status} ${policy}`,
      )
    },
  )
}

const DAMAGED = ['8.90123E+14', '123456789012.0', 'EXS442\u00A0A2611113', 'EXS442A26–11114', '#N/A']

/** By a file, and one by one: at both doors, and nothing is written. */
async function checkDamage(api: OperatorApi) {
  const { make, model } = FINGERPRINT_SLAP
  const importId = randomUUID()
  const rows = DAMAGED.map((serialNo) => `${serialNo},${make},${model}`)
  const file = ['Serial No.,Make,Model', ...rows].join('\n')
  await api.require('POST', `/imports/${importId}`, file, 'text/csv')
  await waitForState(api, importId, 'ready')
  const { items } = await api.require<RowErrorPage>('GET', `/imports/${importId}/errors`)
  await api.require('POST', `/imports/${importId}/discard`)
  const { items: models } = await api.require<{ items: ModelView[] }>('GET', '/models')
  const modelId = models.find((each) => each.make === make && each.model === model)?.modelId
  const codes = new Set<unknown>()
  for (const serialNo of DAMAGED) {
    const { status, body } = await api.call('POST', '/api/v1/devices', { modelId, serialNo })
    codes.add(`${status} ${String((body as { code?: unknown }).code)}`)
  }
  const named = items.map(({ reason }) => reason).join(' ')
  const isOneRule = codes.size === 1 && codes.has('400 device.serial-no-refused')
  const holds = items.length === DAMAGED.length && named.includes('U+00A0') && isOneRule
  return keptIf(holds, JSON.stringify({ named, codes: [...codes] }), named)
}

/** One good row, one of a model that nobody approved, and the good one again. */
async function upload(api: OperatorApi): Promise<string> {
  const { make, model } = FINGERPRINT_SLAP
  const rows = [
    `EXS442A2611111,${make},${model}`,
    `EXS442A2611112,${make},No such model`,
    `EXS442A2611111,${make},${model}`,
  ]
  const importId = randomUUID()
  await api.require(
    'POST',
    `/imports/${importId}`,
    ['serialNo,make,model', ...rows, ''].join('\n'),
    'text/csv',
  )
  await waitForState(api, importId, 'ready')
  return importId
}

const waitForState = (
  api: OperatorApi,
  importId: string,
  state: ImportView['state'],
): Promise<ImportView> =>
  waitUntil(`import ${state}`, async () => {
    const view = await api.require<ImportView>('GET', `/imports/${importId}`)
    return view.state === state ? view : undefined
  })

/** How many devices have the good row’s serial number. */
async function findDevice(api: OperatorApi): Promise<number> {
  return (await api.require<DeviceList>('GET', '/devices?search=EXS442A2611111')).items.length
}
