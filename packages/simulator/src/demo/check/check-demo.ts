import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Demo } from '../demo.ts'
import { demoPaths } from '../demo-paths.ts'
import { findFreePort } from '../../network/free-ports.ts'
import { checkClockReset } from './check-clock-reset.ts'
import { checkCommands } from './check-commands.ts'
import { checkForecast, checkForesight, checkLeftBehind } from './check-foresight.ts'
import { checkGroups } from './check-groups.ts'
import { checkImport } from './check-import.ts'
import { checkLeaks } from './check-leaks.ts'
import { checkOddSbis } from './check-odd-sbis.ts'
import { checkOneClient } from './check-one-client.ts'
import { checkOperators } from './check-operators.ts'
import { checkProxy } from './check-proxy.ts'
import { checkPurge, checkReturn } from './check-purge.ts'
import { checkRecord } from './check-record.ts'
import { checkRecovery } from './check-recovery.ts'
import { checkRefusals } from './check-refusals.ts'
import { checkRegistration } from './check-registration.ts'
import { checkResilience } from './check-resilience.ts'
import { checkRevocation } from './check-revocation.ts'
import { checkRotation } from './check-rotation.ts'
import { checkStrangers } from './check-strangers.ts'
import { checkTwoPeople } from './check-two-people.ts'
import { checkTrust } from './check-trust.ts'
import type { Promises } from './promise.ts'

/** Walks through the whole line on free ports in a temporary folder. @returns the exit code */
export async function checkDemo(say: (line: string) => void): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-check-'))
  await chmod(directory, 0o711)
  const promises: Promises = {}
  const started = performance.now()
  const demo = await Demo.start(
    demoPaths(join(directory, 'demo')),
    { host: '::', port: await findFreePort(), checkInSeconds: 5 },
    say,
  )
  try {
    await checkRegistration(demo, promises, started)
    await checkTrust(demo, promises)
    await checkOneClient(demo, promises)
    await checkOperators(demo, promises)
    await checkTwoPeople(demo, promises)
    await checkRefusals(demo, promises)
    await checkProxy(demo, promises)
    await checkImport(demo, promises)
    await checkRotation(demo, promises)
    await checkGroups(demo, promises)
    await checkRevocation(demo, promises)
    await checkPurge(demo, promises)
    await checkForesight(demo, promises)
    await checkCommands(demo, promises)
    await checkClockReset(demo, promises)
    await checkStrangers(demo, promises)
    await checkResilience(demo, promises)
    // From here on the server’s clock is ahead: two hours, then 45 days.
    await checkReturn(demo, promises)
    await checkForecast(demo, promises)
    await checkRecovery(demo, promises)
    await checkLeftBehind(demo, promises)
    await checkRecord(demo, promises)
    await checkOddSbis(demo, promises)
    await checkLeaks(demo, promises)
  } finally {
    await demo.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const all = Object.values(promises).every(({ holds }) => holds)
  process.stdout.write(
    `${JSON.stringify({ all, seconds: Math.round((performance.now() - started) / 1000), promises }, null, 2)}\n`,
  )
  return all ? 0 : 1
}
