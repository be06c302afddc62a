import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { EventPage, EventView } from '@sanad/protocol/operator-api/events'
import { type CanonicalValue, canonicalBytes } from '@sanad/protocol/text/canonical-json'
import type { Demo } from '../demo.ts'
import type { OperatorApi } from '../operator-api.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** What was put on record, and what was not written anywhere. */
export async function checkRecord(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(promises, 'the record has no gap, and every leaf is the hash of its bytes', async () =>
    checkLeaves(await readRecord(api)),
  )
  await look(promises, 'no SBI was asked for anything but discovery and info', () =>
    Promise.resolve(checkVerbs(demo)),
  )
  await look(promises, 'no secret and no biometric data in any log', () => checkLogs(demo))
}

async function readRecord(api: OperatorApi): Promise<readonly EventView[]> {
  const events: EventView[] = []
  for (let after: string | null = ''; after !== null;) {
    const page: EventPage = await api.require(
      'GET',
      `/events?limit=200${after === '' ? '' : `&after=${after}`}`,
    )
    events.push(...page.items)
    after = page.next
  }
  return events.toSorted((a, b) => a.seq - b.seq)
}

function checkLeaves(events: readonly EventView[]): KeptPromise {
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) return broken(`number ${index + 1} is missing`)
    const { seq, at, type, actor, deviceId } = event
    const data = event.data as Record<string, CanonicalValue>
    const canonical = canonicalBytes({
      v: 1,
      seq,
      at,
      type,
      actor,
      deviceId: deviceId ?? undefined,
      data,
    })
    const leaf = createHash('sha256').update(Uint8Array.of(0)).update(canonical).digest('hex')
    if (leaf !== event.leafHash) return broken(`leaf ${seq} does not fit its event`)
  }
  return keptIf(events.length > 0, 'the record is empty', `${events.length} events`)
}

const ALLOWED_VERBS = new Set(['MOSIPDISC', 'MOSIPDINFO', 'SBIDISC', 'SBIINFO'])

function checkVerbs({ simulation }: Demo): KeptPromise {
  const verbs = simulation.devices.flatMap((device) => device.verbs.map(({ verb }) => verb))
  const others = verbs.filter((verb) => !ALLOWED_VERBS.has(verb))
  return keptIf(
    others.length === 0 && verbs.length > 0,
    others.join(', '),
    `${verbs.length} requests`,
  )
}

/** MDS 0.9.5 › Management Client, 10. */
const BIOMETRIC = /bioValue|biometrics|"data"\s*:|(?:FMR|FIR|IIR|FAC)(?:\0|\\u0000)/

async function checkLogs(demo: Demo): Promise<KeptPromise> {
  const { paths, simulation } = demo
  const secrets = [
    await demo.readPassword(),
    (await readFile(pinFileOf(await readFile(paths.tokenConfiguration, 'utf8')), 'utf8')).trim(),
  ]
  for (const device of simulation.devices) secrets.push(simulation.enrolmentSecretOf(device) ?? '')
  for (const path of [paths.serverLog, paths.clientLog]) {
    const log = await readFile(path, 'utf8')
    if (secrets.some((secret) => secret !== '' && log.includes(secret)))
      return broken(`a secret in ${path}`)
    if (log.includes('PRIVATE KEY') || BIOMETRIC.test(log))
      return broken(`what must not be logged in ${path}`)
  }
  return keptIf(true, '')
}

const pinFileOf = (configuration: string): string =>
  (JSON.parse(configuration) as { pinFile: string }).pinFile
