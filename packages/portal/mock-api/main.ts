import { parseArgs } from 'node:util'
import { startMockServer } from './mock-server.ts'
import { MOCK_PASSWORD } from './sessions.ts'

/** `npm run mock-api -w @sanad/portal -- --devices 10000`: the portal without a server behind it. */
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '60' },
    port: { type: 'string', default: '4400' },
    fault: { type: 'string' },
  },
})

const { fault } = values
const mock = await startMockServer({
  devices: Number(values.devices),
  port: Number(values.port),
  fault: fault === 'failing' || fault === 'silent' ? fault : undefined,
})
process.stderr.write(`${mock.origin}  sign in as admin, auditor or newcomer, “${MOCK_PASSWORD}”\n`)
