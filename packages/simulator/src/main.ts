import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { askControlPanel, ControlPanel, isOperatingStatus, readFault } from './control.ts'
import type { ControlRequest } from './control.ts'
import { StandInCountry } from './country/stand-in-country.ts'
import { makePrivateDirectory } from './key-file.ts'
import { Simulation } from './simulation.ts'

const USAGE = `Usage:
  simulator start   --directory <dir>                        run the devices; one JSON line each
  simulator list    --directory <dir>                        where the running devices are
  simulator fault   --directory <dir> <serialNo> <fault> [milliseconds | json | http]
                    wrong-chip, cloned-serial, tampered-digital-id, slow, gone, garbage, none
  simulator status  --directory <dir> <serialNo> Ready | Busy | "Not Ready"
  simulator verbs   --directory <dir> <serialNo>             what reached the SBI
  simulator country --directory <dir> --request <csr.pem> --organisation <name> --out <dir>
                    the stand-in country signs a provider's request, then MOSIP signs it
`

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

async function start(directory: string): Promise<void> {
  const simulation = await Simulation.start({ directory })
  const panel = await ControlPanel.open(simulation)
  for (const device of simulation.devices) print(simulation.addressOf(device))
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  await Promise.all([panel.close(), simulation.stop()])
}

async function order(directory: string, request: ControlRequest): Promise<void> {
  const { ok, error, ...answer } = await askControlPanel(directory, request)
  if (!ok) throw new Error(error)
  for (const line of answer.devices ?? answer.verbs ?? []) print(line)
}

async function admitProvider(
  directory: string,
  request: string,
  organisation: string,
  out: string,
): Promise<void> {
  const country = await StandInCountry.open(directory)
  const admitted = await country.admitProvider(readFileSync(request, 'utf8'), { organisation })
  makePrivateDirectory(out)
  const files = {
    'country-signed.pem': admitted.countrySignedPem,
    'country-chain.pem': admitted.countryChainPem,
    'mosip-signed.pem': admitted.mosipSignedPem,
    'mosip-chain.pem': admitted.mosipChainPem,
  }
  for (const [name, pem] of Object.entries(files)) {
    writeFileSync(join(out, name), pem)
    print({ file: join(out, name) })
  }
}

function readFaultRequest(serialNo: string, kind: string, detail = ''): ControlRequest {
  if (kind === 'none') return { order: 'set-fault', serialNo, fault: null }
  const delay = detail === '' ? {} : { delayMs: Number(detail) }
  return { order: 'set-fault', serialNo, fault: readFault({ kind, layer: detail, ...delay }) }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      directory: { type: 'string' },
      request: { type: 'string' },
      organisation: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const [command = '', serialNo = '', word = '', detail] = positionals
  const { directory, request, organisation, out } = values
  if (directory === undefined) throw new Error(USAGE)
  switch (command) {
    case 'start':
      return start(directory)
    case 'list':
      return order(directory, { order: 'list' })
    case 'fault':
      return order(directory, readFaultRequest(serialNo, word, detail))
    case 'status':
      if (!isOperatingStatus(word)) throw new Error(USAGE)
      return order(directory, { order: 'set-status', serialNo, status: word })
    case 'verbs':
      return order(directory, { order: 'list-verbs', serialNo })
    case 'country':
      if (request === undefined || organisation === undefined || out === undefined)
        throw new Error(USAGE)
      return admitProvider(directory, request, organisation, out)
    default:
      throw new Error(USAGE)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
