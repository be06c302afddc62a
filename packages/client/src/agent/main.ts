import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SanadError } from '@sanad/protocol/text/problems'
import { readStatus, runClient, runOnce } from './commands.ts'
import { loadConfig } from './config.ts'
import { PLATFORM } from '../platform/platform.ts'
import { RECEIPTS_FILE } from './foundation.ts'
import type { StatusReport } from './status-report.ts'
import { printStatus } from './status-table.ts'

const DEFAULT_CONFIG = PLATFORM.defaultConfig

const USAGE = `Usage:
  sanad client [run]     --config <file>                    find this computer's devices and keep them registered
  sanad client status    --config <file> [--json]           state of each device, and what to do
  sanad client once      --config <file> [--json] [--timeout <seconds>]
                                                            do what is due now, then exit; 0 when every device is well
  sanad client time-receipts --config <file> [--json]       list the times that the server gave this client
  sanad client time-receipts verify --root <pem> [--json] <file>
                                                            verify such a list with only the management root
The default of --config is ${DEFAULT_CONFIG}.
`

/** @returns the exit code: 0 when all is well, 1 when something is not, 2 for a wrong command line, 75 to be started again */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string', default: DEFAULT_CONFIG },
      json: { type: 'boolean', default: false },
      root: { type: 'string' },
      timeout: { type: 'string', default: '60' },
      help: { type: 'boolean', default: false },
    },
  })
  const [command = 'run', ...rest] = positionals
  const seconds = Number(values.timeout)
  if (command === 'time-receipts' && !values.help) return readReceipts(values, rest)
  if (values.help || rest.length > 0 || !(seconds > 0)) return showUsage(values.help)
  switch (command) {
    case 'run':
      return runClient(await loadConfig(values.config))
    case 'status':
      return show(await readStatus(await loadConfig(values.config)), values.json)
    case 'once':
      return show(await runOnce(await loadConfig(values.config), seconds * 1000), values.json)
    default:
      return showUsage(false)
  }
}

interface ReceiptFlags {
  readonly config: string
  readonly json: boolean
  readonly root?: string | undefined
}

async function readReceipts(flags: ReceiptFlags, rest: readonly string[]): Promise<number> {
  // Not loaded with the client that runs for months.
  const { verifyReceiptsFile } = await import('./receipts-command.ts')
  const write = (text: string): unknown => process.stdout.write(text)
  const [verb, file, ...more] = rest
  if (verb === undefined) {
    const { stateDirectory, managementRoot: root } = await loadConfig(flags.config)
    const own = join(stateDirectory, RECEIPTS_FILE)
    return verifyReceiptsFile({ file: own, root, asJson: flags.json }, write)
  }
  const { root } = flags
  if (verb !== 'verify' || file === undefined || root === undefined || more.length > 0)
    return showUsage(false)
  return verifyReceiptsFile({ file, root, asJson: flags.json }, write)
}

function show(report: StatusReport, asJson: boolean): number {
  const hasColours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : printStatus(report, hasColours))
  return report.devices.every(({ light }) => light === 'green') ? 0 : 1
}

function showUsage(wasAskedFor: boolean): number {
  ;(wasAskedFor ? process.stdout : process.stderr).write(USAGE)
  return wasAskedFor ? 0 : 2
}

try {
  // Does not wait for the event loop: a chip that is still busy would hold it.
  process.exit(await main())
} catch (error) {
  const text = error instanceof SanadError ? `${error.title}\n${error.message}` : String(error)
  process.stderr.write(`${text}\n`)
  process.exitCode =
    error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
      ? 2
      : 1
}
