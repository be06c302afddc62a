import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the demo keeps everything; a second start finds it as it was. */
export interface DemoPaths {
  readonly directory: string
  readonly token: string
  readonly tokenConfiguration: string
  readonly serverConfiguration: string
  readonly serverData: string
  readonly serverLog: string
  readonly ceremony: string
  readonly country: string
  readonly operatorPassword: string
  readonly simulation: string
  readonly clientConfiguration: string
  readonly clientState: string
  readonly clientLog: string
  readonly enrolmentSecrets: string
  readonly managementRoot: string
}

export function demoPaths(directory: string): DemoPaths {
  const at = (...parts: string[]): string => join(directory, ...parts)
  return {
    directory,
    token: at('token'),
    tokenConfiguration: at('token.json'),
    serverConfiguration: at('server.yaml'),
    serverData: at('server'),
    serverLog: at('server.log'),
    ceremony: at('ceremony'),
    country: at('country'),
    operatorPassword: at('operator-password'),
    simulation: at('devices'),
    clientConfiguration: at('client.yaml'),
    clientState: at('client'),
    clientLog: at('client.log'),
    enrolmentSecrets: at('enrolment-secrets'),
    managementRoot: at('management-root.pem'),
  }
}

/** Root's PostgreSQL runs as another account and must be able to enter: so not below /root. */
export function defaultDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/sanad/demo'
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'sanad', 'demo')
}
