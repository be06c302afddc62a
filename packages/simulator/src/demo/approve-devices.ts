import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { ImportView } from '@sanad/protocol/operator-api/imports'
import type { ModelView, NewModel } from '@sanad/protocol/operator-api/models'
import { DEVICE_PROVIDER, FTM_PROVIDER } from '../profiles.ts'
import type { DeviceProfile } from '../sbi/device-profile.ts'
import type { Simulation } from '../simulation.ts'
import { type OperatorApi, waitUntil } from './operator-api.ts'

/** What an operator does once for a batch of devices: FTM provider, models, the factory's signed manifest. */

export async function approveDevices(
  api: OperatorApi,
  simulation: Simulation,
): Promise<ImportView> {
  const ftmProviderId = await addFtmProvider(api, simulation)
  for (const { profile } of simulation.devices) await createModel(api, profile, ftmProviderId)
  return importManifest(api, await readFile(simulation.manifestPath, 'utf8'))
}

async function addFtmProvider(api: OperatorApi, simulation: Simulation): Promise<string> {
  const { items } = await api.require<{ items: FtmProviderView[] }>('GET', '/ftm-providers')
  const known = items.find(({ name }) => name === FTM_PROVIDER)
  if (known !== undefined) return known.ftmProviderId
  const certificatePem = await readFile(simulation.ftmRootPath, 'utf8')
  const added = await api.require<FtmProviderView>('POST', '/ftm-providers', {
    name: FTM_PROVIDER,
    certificatePem,
  })
  return added.ftmProviderId
}

async function createModel(
  api: OperatorApi,
  profile: DeviceProfile,
  ftmProviderId: string,
): Promise<void> {
  const { items } = await api.require<{ items: ModelView[] }>('GET', '/models')
  if (items.some(({ make, model }) => make === profile.make && model === profile.model)) return
  await api.require('POST', '/models', describeModel(profile, ftmProviderId))
}

function describeModel(
  { make, model, type, deviceSubType, level }: DeviceProfile,
  ftmProviderId: string,
): NewModel {
  const identity = {
    make,
    model,
    deviceType: type,
    deviceSubType,
    ...DEVICE_PROVIDER,
    level,
  } as NewModel
  return level === 'L1'
    ? { ...identity, ftmProviderId }
    : { ...identity, l0Policy: 'enrolment-secret' }
}

/** Uploads, waits for the preview, and confirms it when it has no errors. */
export async function importManifest(
  api: OperatorApi,
  manifest: string,
  contentType = 'application/jose',
): Promise<ImportView> {
  const importId = randomUUID()
  await api.require('POST', `/imports/${importId}`, manifest, contentType)
  const ready = await waitForImport(api, importId, ['ready', 'failed'])
  if (ready.state === 'failed')
    throw new Error(`import failed: ${ready.failure?.code ?? ''} ${ready.failure?.detail ?? ''}`)
  await api.require('POST', `/imports/${importId}/confirm`, { choice: 'valid' })
  return waitForImport(api, importId, ['applied', 'failed'])
}

function waitForImport(
  api: OperatorApi,
  importId: string,
  states: readonly string[],
): Promise<ImportView> {
  return waitUntil(`import ${states.join(' or ')}`, async () => {
    const view = await api.require<ImportView>('GET', `/imports/${importId}`)
    return states.includes(view.state) ? view : undefined
  })
}
