import './come-between.ts'
import { parseArgs } from 'node:util'
import { type CampaignReport, runCampaign } from './campaign.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { prepareKeys } from './rsa-keys.ts'
import { Site } from './site.ts'

/** `./sanad power-cuts [--rounds N] [--json]`: ends with 0 only when every promise held. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds is a number above 0')

const report = await run()
if (values.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
else process.stdout.write(`${describe(report)}\n`)
process.exit(report.violations.length === 0 ? 0 : 1)

async function run(): Promise<CampaignReport> {
  // Some rounds take three keys: one that is made again after the cut, one of a chip.
  process.stderr.write('Making keys …\n')
  await prepareKeys(rounds * 3 + 50)
  await using postgres = await startOwnPostgres()
  await using site = await Site.open(postgres.connection)
  let violations = 0
  return await runCampaign(site, rounds, (soFar) => {
    process.stderr.write(`\r${describe(soFar)} `)
    for (const violation of soFar.violations.slice(violations))
      process.stderr.write(`\n${JSON.stringify(violation)}\n`)
    violations = soFar.violations.length
  })
}

function describe({ rounds: played, cuts, states, violations, seconds }: CampaignReport): string {
  return `${played} rounds, ${cuts} power cuts, ${states} states of the disk, ${violations.length} violations, ${seconds} s`
}
