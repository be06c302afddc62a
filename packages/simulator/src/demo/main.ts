import { resolve } from 'node:path'
import { UsageError, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { Demo } from './demo.ts'
import { defaultDirectory, demoPaths } from './demo-paths.ts'
import { checkDemo } from './check/check-demo.ts'
import { isFree } from '../network/free-ports.ts'
import { untilStopped } from '../stop-signals.ts'
import { waitUntil } from './operator-api.ts'
import { OPERATOR_NAME } from './prepare.ts'

/** Everything on this machine, until Ctrl-C; what it made is there at the next start. */

const say = (line: string): boolean => process.stderr.write(`${line}\n`)

/** 443 where permitted, else 8443. */
async function choosePort(wanted: string | undefined): Promise<number> {
  if (wanted !== undefined) return readPort(wanted)
  return (await isFree(443)) ? 443 : 8443
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError(`--port ${text} is not a port`)
}

async function run(wanted: {
  readonly directory?: string | undefined
  readonly port?: string | undefined
}): Promise<void> {
  const directory = resolve(wanted.directory ?? defaultDirectory())
  const port = await choosePort(wanted.port)
  if (!(await isFree(port))) throw new Error(`port ${port} is taken; choose another with --port`)
  const demo = await Demo.start(demoPaths(directory), { host: '::', port, checkInSeconds: 30 }, say)
  const stopped = untilStopped()
  await Promise.race([stopped, showRegistration(demo)])
  await showDoors(demo)
  await stopped
  say('stopping …')
  await demo.stop()
}

async function showRegistration(demo: Demo): Promise<void> {
  const devices = await waitUntil('the devices register', async () => {
    const report = await demo.readClientStatus()
    const ours = report.devices.filter(
      ({ serialNo }) => demo.simulation.find(serialNo) !== undefined,
    )
    const isWell =
      ours.length === demo.simulation.devices.length && ours.every(({ light }) => light === 'green')
    return isWell ? ours : undefined
  }).catch(() => [])
  for (const { serialNo, make, model, level, sentence } of devices)
    say(`  ${serialNo}  ${make} ${model} (${level}): ${sentence}`)
}

async function showDoors({ settings, paths, simulation }: Demo): Promise<void> {
  const origin = settings.port === 443 ? 'https://localhost' : `https://localhost:${settings.port}`
  say('')
  say(`Portal        ${origin}`)
  say(`Sign in as    ${OPERATOR_NAME}`)
  say(`Password      in ${paths.operatorPassword}`)
  say(`Its root      ${paths.managementRoot} (the browser does not know it yet)`)
  say('')
  say(`Devices       ${simulation.devices.map(({ url }) => url).join('  ')}`)
  say(`Client        ./sanad client status --config ${paths.clientConfiguration}`)
  say(`Everything is kept in ${paths.directory}; Ctrl-C stops it.`)
}

await runProgram(PROGRAMS.demo, async ({ values }) =>
  values.check === true ? checkDemo(say) : run(values),
)
