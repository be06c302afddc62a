import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { ProviderCertificateView } from '@sanad/protocol/operator-api/trust'
import { Building2, Cpu, Factory, Fingerprint, KeyRound, Landmark, Laptop } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readCertificate } from '../certificates/read-certificate.ts'
import { CertificateSheet, type ShownCertificate } from '../certificates/certificate-sheet.tsx'
import { useChainHolds, useIssuedBy } from '../certificates/use-issued-by.ts'
import { calendarDay } from '../i18n/time.ts'
import { shortenMiddle } from '../ui/shorten.ts'
import { useMinute } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { StateMark, type Health } from '../ui/state-mark.tsx'
import { ChainLink, ChainNode } from './chain-parts.tsx'
import { useChain, type Chain } from './use-chain.ts'

/** A key that expires soon is still vouched for. */
const WHOLE_WORDS = {
  good: 'whole',
  attention: 'whole',
  bad: 'broken',
  unknown: 'unchecked',
} as const

// On a narrow screen the chain is one column: country, provider, this key, chip, FTM root. The `order-…` below
// turn the second row round for it.

/**
 * Why this device is believed, drawn as what it is: the country’s chain gives its key the right to sign, the chip
 * maker’s chain shows that the key is kept in genuine hardware, and both end in the one key.
 */
export function TrustChain({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const chain = useChain(device)
  const [shown, setShown] = useState<ShownCertificate | undefined>()
  const isIssued = useIssuedBy(chain.certificate?.certificatePem, chain.provider?.certificatePem)
  const now = useMinute()
  const keyHealth = healthOfKey(chain, now)
  const issued = healthOfSignature(isIssued)
  const country = healthOfSignature(useChainHolds(chainAbove(chain)))
  const whole = [country, issued].find((health) => health !== 'good') ?? keyHealth
  return (
    <Panel
      title={t('device.chain.title')}
      actions={
        chain.certificate !== undefined && (
          <StateMark badge health={whole}>
            {t(`device.chain.${WHOLE_WORDS[whole]}`)}
          </StateMark>
        )
      }
    >
      <div className="grid gap-x-1 sm:grid-cols-[minmax(0,1fr)_76px_minmax(0,1fr)_76px_minmax(0,1.1fr)] sm:gap-y-3">
        <CountryRow chain={chain} signed={country} onShow={setShown} />
        <ChainLink
          health={chain.certificate === undefined ? 'unknown' : issued}
          word={t(isIssued === true ? 'device.chain.verified' : 'device.chain.signed')}
        />
        <KeyNode chain={chain} device={device} health={keyHealth} onShow={setShown} />
        <HardwareRow chain={chain} device={device} onShow={setShown} />
      </div>
      {shown !== undefined && (
        <CertificateSheet shown={shown} onClose={() => setShown(undefined)} />
      )}
    </Panel>
  )
}

interface PartProps {
  readonly chain: Chain
  readonly onShow: (certificate: ShownCertificate) => void
}

interface CountryRowProps extends PartProps {
  /** Every signature from the provider’s certificate up to the root. */
  readonly signed: Health
}

function CountryRow({ chain: { provider }, signed, onShow }: CountryRowProps) {
  const { t } = useTranslation()
  const now = useMinute()
  const health = provider === undefined ? 'unknown' : healthOfDates(provider.notAfter, now)
  const root = provider?.issuerPems.at(-1)
  return (
    <>
      <ChainNode
        icon={Landmark}
        role={t('device.chain.country.role')}
        name={nameOfRoot(provider) ?? '–'}
        note={t('device.chain.country.kept')}
        health={signed}
        isAbsent={provider === undefined}
        onOpen={
          root === undefined
            ? undefined
            : () =>
                onShow({
                  role: t('device.chain.country.role'),
                  meaning: t('device.chain.country.meaning'),
                  pem: root,
                  issuerPem: root,
                })
        }
      />
      <ChainLink
        health={signed}
        word={t(signed === 'good' ? 'device.chain.verified' : 'device.chain.signed')}
      />
      <ChainNode
        icon={Building2}
        role={t('device.chain.provider.role')}
        name={commonName(provider?.subject) ?? '–'}
        note={provider && t('device.chain.until', { day: calendarDay(provider.notAfter) })}
        health={health}
        isAbsent={provider === undefined}
        onOpen={
          provider &&
          (() =>
            onShow({
              role: t('device.chain.provider.role'),
              meaning: t('device.chain.provider.meaning'),
              pem: provider.certificatePem,
              ...issuerOf(provider),
            }))
        }
      />
    </>
  )
}

const issuerOf = ({ issuerPems: [issuerPem] }: ProviderCertificateView) =>
  issuerPem === undefined ? {} : { issuerPem }

/** From the provider’s certificate to the root, which signs itself. */
function chainAbove({ provider }: Chain): readonly string[] | undefined {
  const root = provider?.issuerPems.at(-1)
  if (provider === undefined || root === undefined) return undefined
  return [provider.certificatePem, ...provider.issuerPems, root]
}

function nameOfRoot(provider: ProviderCertificateView | undefined): string | undefined {
  const root = provider?.issuerPems.at(-1)
  try {
    return root === undefined ? undefined : readCertificate(root).subject.commonName
  } catch {
    return undefined
  }
}

interface KeyNodeProps extends PartProps {
  readonly device: DeviceView
  readonly health: Health
}

function KeyNode({ chain, device, health, onShow }: KeyNodeProps) {
  const { certificate, provider, isRead } = chain
  const { t } = useTranslation()
  const role = t('device.chain.device.role')
  const place = 'order-1 sm:col-start-5 sm:row-span-2 sm:row-start-1'
  if (certificate === undefined) {
    return (
      <ChainNode
        icon={KeyRound}
        role={role}
        name={t(isRead ? 'device.chain.device.none' : 'device.chain.device.unread')}
        note={t(isRead ? 'device.chain.device.none-note' : 'device.chain.device.unread-note')}
        health="unknown"
        isAbsent
        className={place}
      />
    )
  }
  return (
    <ChainNode
      icon={KeyRound}
      role={role}
      name={device.serialNo}
      note={`${shortenMiddle(certificate.spkiSha256, 13)} · ${t('device.chain.until', {
        day: calendarDay(certificate.notAfter),
      })}`}
      health={health}
      isIdentifier
      className={place}
      onOpen={() =>
        onShow({
          role,
          meaning: t('device.chain.device.meaning'),
          pem: certificate.certificatePem,
          ...(provider !== undefined && { issuerPem: provider.certificatePem }),
        })
      }
    />
  )
}

function HardwareRow({ chain, device, onShow }: PartProps & { device: DeviceView }) {
  const { t } = useTranslation()
  const now = useMinute()
  const { model } = device
  const hasKey = chain.certificate !== undefined
  if (model.level === 'L0') {
    return (
      <>
        <ChainNode
          icon={Laptop}
          role={t('device.chain.host.role')}
          name={t('device.chain.host.name')}
          note={t(`device.chain.host.${model.l0Policy ?? 'operator-approval'}`)}
          health={hasKey ? 'good' : 'unknown'}
          className="order-3 sm:col-span-3"
        />
        <ChainLink
          health={hasKey ? 'good' : 'unknown'}
          word={t('device.chain.made')}
          className="order-2"
        />
      </>
    )
  }
  const root = chain.ftmProvider
  const health =
    root === undefined
      ? 'unknown'
      : root.state === 'retired'
        ? 'bad'
        : healthOfDates(root.notAfter, now)
  return (
    <>
      <ChainNode
        className="order-5"
        icon={Factory}
        role={t('device.chain.ftm.role')}
        name={model.ftmProvider?.name ?? '–'}
        note={root && t('device.chain.until', { day: calendarDay(root.notAfter) })}
        health={health}
        onOpen={
          root &&
          (() =>
            onShow({
              role: t('device.chain.ftm.role'),
              meaning: t('device.chain.ftm.meaning'),
              pem: root.certificatePem,
            }))
        }
      />
      <ChainLink
        health={hasKey ? health : 'unknown'}
        word={t('device.chain.signed')}
        className="order-4"
      />
      <ChainNode
        className="order-3"
        icon={device.ftmCertificateSha256 === null ? Fingerprint : Cpu}
        role={t('device.chain.chip.role')}
        name={
          device.ftmCertificateSha256 === null
            ? t('device.chain.chip.any')
            : shortenMiddle(device.ftmCertificateSha256, 15)
        }
        note={t('device.chain.chip.note')}
        health={hasKey ? 'good' : 'unknown'}
        isIdentifier={device.ftmCertificateSha256 !== null}
        isAbsent={!hasKey && device.ftmCertificateSha256 === null}
      />
      <ChainLink
        health={hasKey ? 'good' : 'unknown'}
        word={t('device.chain.vouches')}
        className="order-2"
      />
    </>
  )
}

function healthOfKey({ certificate }: Chain, now: number): Health {
  if (certificate === undefined) return 'unknown'
  if (certificate.status === 'active') return healthOfDates(certificate.notAfter, now)
  return certificate.status === 'pending' ? 'unknown' : 'bad'
}

const healthOfSignature = (holds: boolean | undefined): Health =>
  holds === undefined ? 'unknown' : holds ? 'good' : 'bad'

function healthOfDates(notAfter: string, now: number): Health {
  return Date.parse(notAfter) > now ? 'good' : 'bad'
}

/** The common name out of a name as text: `CN=…, O=…`. */
function commonName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  return /(?:^|[,/+\n]\s*)CN\s*=\s*((?:\\.|[^,+\\\n])+)/i.exec(name)?.[1]?.trim() ?? name
}
