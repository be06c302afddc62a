import { AgentSupervisor } from './agent-supervisor.ts'
import type { StatementKind } from './agent-protocol.ts'
import { checkHsmConfig, type HsmConfig } from './hsm-config.ts'
import type { Hsm, HsmChange, HsmHealth, HsmKey, KeyProof, KeyPurpose } from './hsm.ts'
import type { Lane } from './request-queue.ts'

/** What cannot wait goes first: a revocation list or a time statement that is late stops every device. */
const LANE_OF_STATEMENT: Record<StatementKind, Lane> = {
  'revocation-list': 0,
  'response-key': 0,
  'tls-key': 0,
  command: 0,
  'device-certificate': 1,
  'certification-request': 1,
  'management-root': 1,
  'command-key': 1,
  transcript: 1,
}

/** The HSM behind PKCS#11: this side holds no token, only an agent process that does. */
export class Pkcs11Hsm implements Hsm {
  readonly #agent: AgentSupervisor

  private constructor(agent: AgentSupervisor) {
    this.#agent = agent
  }

  /**
   * Resolves also when the HSM is away or refused the PIN: `health()` says so, and it comes back by itself.
   * @throws SanadError `hsm.not-permitted`, `server.configuration-invalid`
   */
  static async open(config: HsmConfig): Promise<Pkcs11Hsm> {
    checkHsmConfig(config)
    const agent = new AgentSupervisor(config)
    await agent.start()
    return new Pkcs11Hsm(agent)
  }

  generateKey(
    purpose: KeyPurpose,
    options: { modulusBits?: 2048 | 3072 | 4096 } = {},
  ): Promise<HsmKey> {
    const { keyGenerationMs } = this.#agent.limits
    // MOSIP approves RSA from 2048 bits; a provider’s CA key lives for years, hence more.
    const modulusBits = options.modulusBits ?? 3072
    return this.#agent.submit(
      { verb: 'generate-key', purpose, modulusBits },
      { lane: 2, limitMs: keyGenerationMs, deadlineMs: keyGenerationMs, isRepeatable: false },
    )
  }

  listKeys(): Promise<readonly HsmKey[]> {
    return this.#agent.submit({ verb: 'list-keys' }, this.#quickly(1))
  }

  proveKeys(): Promise<readonly KeyProof[]> {
    const { keyGenerationMs } = this.#agent.limits
    // It waits for a key that is being made.
    return this.#agent.submit(
      { verb: 'prove-keys' },
      { ...this.#quickly(2), limitMs: keyGenerationMs },
    )
  }

  signCertificationRequest(
    keyId: string,
    certificationRequestInfo: Uint8Array,
  ): Promise<Uint8Array> {
    return this.#sign('certification-request', keyId, certificationRequestInfo)
  }

  signDeviceCertificate(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#sign('device-certificate', keyId, tbsCertificate)
  }

  signRevocationList(keyId: string, tbsCertList: Uint8Array): Promise<Uint8Array> {
    return this.#sign('revocation-list', keyId, tbsCertList)
  }

  signManagementRoot(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#sign('management-root', keyId, tbsCertificate)
  }

  certifyResponseKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#sign('response-key', keyId, tbsCertificate)
  }

  certifyTlsKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#sign('tls-key', keyId, tbsCertificate)
  }

  certifyCommandKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#sign('command-key', keyId, tbsCertificate)
  }

  signTranscript(keyId: string, signingInput: string): Promise<Uint8Array> {
    return this.#sign('transcript', keyId, Buffer.from(signingInput))
  }

  signCommand(keyId: string, signingInput: string): Promise<Uint8Array> {
    return this.#sign('command', keyId, Buffer.from(signingInput))
  }

  health(): HsmHealth {
    return this.#agent.health()
  }

  /** From now on `listener` hears of each change of state. One at a time. */
  whenChanged(listener: (change: HsmChange) => void): void {
    this.#agent.whenChanged(listener)
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  /** Of the agent that runs now; for tests and operators. */
  get agentPid(): number | undefined {
    return this.#agent.agentPid
  }

  #sign(kind: StatementKind, keyId: string, statement: Uint8Array): Promise<Uint8Array> {
    return this.#agent.submit(
      { verb: 'sign', kind, keyId, statement },
      this.#quickly(LANE_OF_STATEMENT[kind]),
    )
  }

  #quickly(lane: Lane) {
    const { callMs, deadlineMs } = this.#agent.limits
    return { lane, limitMs: callMs, deadlineMs, isRepeatable: true }
  }
}
