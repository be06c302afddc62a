import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError, need, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import {
  askControlPanel,
  ControlPanel,
  isOperatingStatus,
  OPERATING_STATUSES,
  readFault,
} from './control.ts'
import type { ControlRequest } from './control.ts'
import { defaultDirectory, demoPaths } from './demo/demo-paths.ts'
import { FAULT_KINDS } from './faults.ts'
import { listCorpus, playCorpusCase } from './corpus/corpus-command.ts'
import { StandInCountry } from './country/stand-in-country.ts'
import { makePrivateDirectory } from './key-file.ts'
import { Simulation } from './simulation.ts'
import { untilStopped } from './stop-signals.ts'

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

async function start(directory: string): Promise<void> {
  const simulation = await Simulation.start({ directory })
  const panel = await ControlPanel.open(simulation)
  for (const device of simulation.devices) print(simulation.addressOf(device))
  await untilStopped()
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

const isFaultKind = (kind: string): boolean => FAULT_KINDS.some((known) => known === kind)

function readFaultRequest(serialNo: string, kind = '', detail = ''): ControlRequest {
  if (kind === 'none') return { order: 'set-fault', serialNo, fault: null }
  const delay = detail === '' ? {} : { delayMs: Number(detail) }
  if (!isFaultKind(kind)) throw new UsageError(`a fault is one of ${FAULT_KINDS.join(', ')}, none`)
  return { order: 'set-fault', serialNo, fault: readFault({ kind, layer: detail, ...delay }) }
}

await runProgram(PROGRAMS.simulator, async ({ values, positionals }) => {
  const [command, serialNo, word, detail] = positionals
  const directory = values.directory ?? demoPaths(defaultDirectory()).simulation
  switch (command) {
    case 'start':
      return start(directory)
    case 'list':
      return order(directory, { order: 'list' })
    case 'fault':
      return order(directory, readFaultRequest(need(serialNo, 'a serial number'), word, detail))
    case 'status':
      if (!isOperatingStatus(word))
        throw new UsageError(`a status is one of ${OPERATING_STATUSES.join(', ')}`)
      return order(directory, {
        order: 'set-status',
        serialNo: need(serialNo, 'a serial number'),
        status: word,
      })
    case 'verbs':
      return order(directory, { order: 'list-verbs', serialNo: need(serialNo, 'a serial number') })
    case 'country':
      return admitProvider(
        need(values.directory, '--directory <folder>'),
        need(values.request, '--request <csr.pem>'),
        need(values.organisation, '--organisation <name>'),
        need(values.out, '--out <folder>'),
      )
    case 'corpus':
      return serialNo === undefined
        ? listCorpus(values.json === true)
        : playCorpusCase(serialNo, values.port)
    case undefined:
    default:
      throw new UsageError(
        command === undefined ? 'an order is missing' : `there is no order “${command}”`,
      )
  }
})
