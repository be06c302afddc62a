import { readdir } from 'node:fs/promises'
import { SanadError } from '@sanad/protocol/text/problems'
import { SBI_PORTS } from '../discovery/port-range.ts'
import type { Explanation } from '../explain/explanation.ts'
import { explainPorts } from '../explain/explain-ports.ts'
import { NOTHING_TO_DO } from '../explain/next-step.ts'
import { printPage } from '../explain/page.ts'
import { CLIENT_VERSION } from './client-version.ts'
import { type ClientConfig, loadConfig } from './config.ts'
import type { DeviceReport } from './status-report.ts'
import { askStatus } from './status-socket.ts'

/** `sanad client explain`: works while the client runs, while it does not, and where there is none. */

export interface ExplainWords {
  /** The one to look at; without it the whole range. */
  readonly port: number | undefined
  /** The configuration file, if the person named one; else the usual one, if it is there. */
  readonly config: { readonly path: string; readonly isNamed: boolean }
  readonly asJson: boolean
}

/** As long as the registration client waits (MF §4.5, 1). */
const LONGEST_SILENCE_MS = 10_000
/** Whatever answers how: a person waits for this. */
const LONGEST_LOOK_MS = 120_000

/** @returns the exit status: 0 when all is well */
export async function explainToPerson(
  words: ExplainWords,
  write: (text: string) => unknown,
): Promise<number> {
  const config = await readConfig(words.config)
  const status = config && (await askStatus(config.stateDirectory))
  const { port } = words
  const range = port === undefined ? (config?.portRange ?? SBI_PORTS) : { from: port, to: port }
  const ports = await explainPorts({
    ports: range,
    isAsked: port !== undefined,
    timeoutMs: LONGEST_SILENCE_MS,
    signal: AbortSignal.timeout(LONGEST_LOOK_MS),
    chipLinks: config && (await listChipLinks(config.chipDirectory)),
    said: new Map(status?.devices.map((device) => [device.serialNo, describeDevice(device)])),
  })
  const explanation: Explanation = {
    at: new Date().toISOString(),
    clientVersion: CLIENT_VERSION,
    ...(config && { isClientRunning: status !== undefined }),
    ports,
    ...conclude(ports, range),
  }
  write(words.asJson ? `${JSON.stringify(explanation)}\n` : printPage(explanation))
  return explanation.isWell ? 0 : 1
}

const describeDevice = ({ sentence, supportCode }: DeviceReport): string =>
  supportCode === undefined ? sentence : `${sentence} Support code: ${supportCode}`

async function readConfig({
  path,
  isNamed,
}: ExplainWords['config']): Promise<ClientConfig | undefined> {
  try {
    return await loadConfig(path)
  } catch (error) {
    // The maker of an SBI has no client yet, and asks the same questions.
    if (!isNamed && error instanceof SanadError) return undefined
    throw error
  }
}

const LINK = /\.sock$/

async function listChipLinks(folder: string): Promise<ReadonlySet<string>> {
  const files = await readdir(folder).catch(() => [])
  return new Set(files.filter((file) => LINK.test(file)).map((file) => file.replace(LINK, '')))
}

function conclude(
  ports: Explanation['ports'],
  { from, to }: { readonly from: number; readonly to: number },
): Pick<Explanation, 'isWell' | 'next'> {
  const wrong = ports.filter(({ isWell }) => !isWell)
  const [first] = wrong
  if (first !== undefined) return { isWell: false, next: `Port ${first.port}: ${first.next}` }
  if (ports.every(({ devices }) => devices.length === 0))
    return {
      isWell: false,
      next: `No SBI answers on the ports ${from} to ${to} of 127.0.0.1. Start it, or look at one port: explain <port>.`,
    }
  const waiting = ports.find(({ next }) => next !== NOTHING_TO_DO)
  return { isWell: true, next: waiting?.next ?? NOTHING_TO_DO }
}
