import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { EventPage } from '@sanad/protocol/operator-api/events'
import type {
  ConfirmedProposal,
  Proposed,
  ProposalView,
} from '@sanad/protocol/operator-api/proposals'
import { FACE_CAMERA } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { OperatorApi, waitUntil } from '../operator-api.ts'
import { OPERATOR, runProgram } from '../programs.ts'
import { findDevice } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

const SECOND = 'Second Officer'
/** Of devices that nothing else of the check touches. */
const SERIAL_NUMBERS = ['EXT442A2600901', 'EXT442A2600902']

/** What cannot be taken back is decided by two. docs/two-people.md */
export async function checkTwoPeople(demo: Demo, promises: Promises): Promise<void> {
  const first = await demo.signIn()
  await look(
    promises,
    'devices are blocked in bulk when a second officer confirms, and not by one alone',
    async () => {
      const second = await signInSecond(demo)
      await switchOn(first, second)
      return blockTogether(first, second)
    },
  )
}

/** Made on the server’s host: an account that the first officer made would not count as a second person yet. */
async function signInSecond({ paths, settings }: Demo): Promise<OperatorApi> {
  const password = randomBytes(12).toString('base64url')
  const file = join(paths.ceremony, 'second-officer')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  const words = ['--config', paths.serverConfiguration, '--name', SECOND]
  await runProgram(OPERATOR, 'add', ...words, '--role', 'security-officer', '--password-file', file)
  const second = await OperatorApi.at(settings.port, paths.managementRoot)
  await second.signIn(SECOND, password)
  return second
}

/** The rules themselves are changed by two. */
async function switchOn(first: OperatorApi, second: OperatorApi): Promise<void> {
  const rules = { kinds: ['bulk-end-of-trust'], validHours: 72, delayMinutes: 0 }
  await confirm(second, await first.require<Proposed>('POST', '/two-person-rules', rules))
}

async function confirm(by: OperatorApi, { proposalId }: Proposed): Promise<ConfirmedProposal> {
  const path = `/proposals/${proposalId}`
  const { digest, devices } = await by.require<ProposalView>('GET', path)
  return by.require<ConfirmedProposal>('POST', `${path}/confirm`, { digest, devices })
}

async function blockTogether(first: OperatorApi, second: OperatorApi): Promise<KeptPromise> {
  const deviceIds = await approveTwo(first)
  const bulkActId = randomUUID()
  const proposed = await first.require<Proposed>('POST', '/bulk-acts', {
    bulkActId,
    act: 'block',
    reason: 'stolen',
    selection: { deviceIds },
  })
  const alone = await first.call('POST', `/api/v1${pathOf(proposed)}/confirm`, {
    digest: proposed.digest,
    devices: deviceIds.length,
  })
  const before = await first.call('GET', `/api/v1/bulk-acts/${bulkActId}`)
  if (alone.status !== 403 || before.status !== 404)
    return broken(`alone: ${alone.status}, ordered: ${before.status}`)
  const { proposal } = await confirm(second, proposed)
  const done = await waitUntil('the devices are blocked', async () => {
    const view = await first.require<BulkActView>('GET', `/bulk-acts/${bulkActId}`)
    return view.state === 'finished' ? view : undefined
  })
  const names = await recordedNames(first, proposed)
  return keptIf(
    proposal.state === 'carried-out' && done.changed === deviceIds.length && names === 2,
    JSON.stringify({ state: proposal.state, changed: done.changed, names }),
    `${done.changed} devices, both officers on record`,
  )
}

const pathOf = ({ proposalId }: Proposed): string => `/proposals/${proposalId}`

async function approveTwo(api: OperatorApi): Promise<readonly string[]> {
  const { modelId } = await findDevice(api, FACE_CAMERA)
  const approve = async (serialNo: string): Promise<string> => {
    const enrolmentSecretSha256 = createHash('sha256').update(randomUUID()).digest('hex')
    const body = { modelId, serialNo, enrolmentSecretSha256, confirmWarnings: true }
    return (await api.require<DeviceView>('POST', '/devices', body)).deviceId
  }
  return Promise.all(SERIAL_NUMBERS.map(approve))
}

/** @returns how many people the event of the effect names */
async function recordedNames(api: OperatorApi, { proposalId }: Proposed): Promise<number> {
  const event = await waitUntil('the record has it', async () => {
    const { items } = await api.require<EventPage>(
      'GET',
      '/events?type=proposal.carried-out&order=newest&limit=5',
    )
    return items.find(({ data }) => data['proposalId'] === proposalId)
  })
  const { proposedBy, confirmedBy } = event.data as { proposedBy: string; confirmedBy: string }
  return new Set([proposedBy, confirmedBy]).size
}
