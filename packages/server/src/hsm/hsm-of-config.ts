import type { ServerConfig } from '../platform/config.ts'
import type { HsmConfig } from './hsm-config.ts'

/** The HSM’s part of the server’s configuration; what production demands is judged when it is opened. */
export const hsmConfigOf = ({ hsm, mode }: Pick<ServerConfig, 'hsm' | 'mode'>): HsmConfig => ({
  ...hsm,
  mode,
})
