import './come-between.ts'
import { UsageError, runProgram } from '../../packages/command-line/src/program.ts'
import { PROGRAMS } from '../../packages/command-line/src/programs.ts'
import { type CampaignReport, runCampaign } from './campaign.ts'
import { writeAsOnWindows } from './as-on-windows.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { runKills } from './real-kills.ts'
import { prepareKeys } from './rsa-keys.ts'
import { Site } from './site.ts'

/** Ends with 0 only when every promise held. Interrupted, it ends after the device in hand with what it has. */

const DEFAULT_ROUNDS = '2000'

const interrupted = new AbortController()

async function cut(rounds: number, isJson: boolean): Promise<boolean> {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort())
  const report = await run(rounds)
  print(report, describe(report), isJson)
  return report.violations.length === 0
}

async function kill(kills: number, isJson: boolean): Promise<boolean> {
  const report = await runKills(kills, (line) => process.stderr.write(`${line}\n`))
  const { client, server } = report.kills
  print(
    report,
    `${client} kills of the client, ${server} of the server, ${report.violations.length} violations`,
    isJson,
  )
  return report.violations.length === 0
}

async function run(rounds: number): Promise<CampaignReport> {
  process.stderr.write('Making keys …\n')
  // Some rounds take three: one that is made again after the cut, one of a chip.
  await prepareKeys(rounds * 3 + 50)
  await using postgres = await startOwnPostgres()
  await using site = await Site.open(postgres.connection)
  let shown = 0
  return await runCampaign(site, { rounds, signal: interrupted.signal }, (soFar) => {
    process.stderr.write(`\r${describe(soFar)} `)
    for (const violation of soFar.violations.slice(shown))
      process.stderr.write(`\n${JSON.stringify(violation)}\n`)
    shown = soFar.violations.length
  })
}

function readCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError(`not a number above 0: ${text}`)
  return count
}

function print(report: object, sentence: string, isJson: boolean): void {
  process.stdout.write(`${isJson ? JSON.stringify(report, undefined, 2) : sentence}\n`)
}

function describe(report: CampaignReport): string {
  const { rounds, cuts, states, offered, places, violations, seconds } = report
  return `${rounds} rounds, ${cuts} power cuts, ${states} of ${offered} states of the disk at ${places} steps, ${violations.length} violations, ${seconds} s`
}

await runProgram(PROGRAMS['power-cuts'], async ({ values }) => {
  const { rounds, kills, windows = false, json = false } = values
  if (windows && kills !== undefined)
    throw new UsageError('--kills ends real processes, which are of this system')
  if (windows) writeAsOnWindows()
  const isWell =
    kills === undefined
      ? await cut(readCount(rounds ?? DEFAULT_ROUNDS), json)
      : await kill(readCount(kills), json)
  process.exit(isWell ? 0 : 1)
})
