import { useQuery } from '@tanstack/react-query'
import { Check, Copy, Download } from 'lucide-react'
import { useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { calendarDay, exactUtc, relativeTime } from '../i18n/time.ts'
import { buttonClass, Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Identifier, useCopy } from '../ui/identifier.tsx'
import { useMinute } from '../ui/moment.tsx'
import { HealthIcon, type Health } from '../ui/state-mark.tsx'
import { readCertificate, sha256Hex, type CertificateFacts } from './read-certificate.ts'
import { useIssuedBy } from './use-issued-by.ts'

export interface ShownCertificate {
  /** Its part in the chain: “Provider certificate”. */
  readonly role: string
  /** One sentence about what it is for. */
  readonly meaning: string
  readonly pem: string
  readonly issuerPem?: string
}

interface CertificateSheetProps {
  readonly shown: ShownCertificate
  readonly onClose: () => void
  /** How it stands with us, and what can be done about it. */
  readonly children?: ReactNode
}

/** A certificate in plain words first, its fields next, its bytes last. */
export function CertificateSheet({ shown, onClose, children }: CertificateSheetProps) {
  const facts = useMemo(() => tryRead(shown.pem), [shown.pem])
  return (
    <Sheet open onClose={onClose} title={shown.role} note={shown.meaning}>
      {facts !== undefined && <PlainWords facts={facts} shown={shown} />}
      {children}
      {facts !== undefined && <Fields facts={facts} />}
      <Pem pem={shown.pem} name={facts?.subject.commonName ?? 'certificate'} />
    </Sheet>
  )
}

function tryRead(pem: string): CertificateFacts | undefined {
  try {
    return readCertificate(pem)
  } catch {
    // Whatever is in it, its bytes are still worth showing.
    return undefined
  }
}

function PlainWords({ facts, shown }: { facts: CertificateFacts; shown: ShownCertificate }) {
  const { t, i18n } = useTranslation()
  const now = useMinute()
  const isIssued = useIssuedBy(shown.pem, shown.issuerPem)
  const dates = datesHealth(facts, now)
  const time = {
    from: calendarDay(facts.notBefore),
    until: calendarDay(facts.notAfter),
    left: relativeTime(facts.notAfter, now, i18n.language),
  }
  return (
    <ul className="flex flex-col gap-2.5 rounded-lg bg-sunken p-4 text-13">
      <Line health="good">
        {t(facts.isCa ? 'device.certificate.says-ca' : 'device.certificate.says', {
          subject: facts.subject.commonName,
          issuer: facts.issuer.commonName,
          context: facts.isSelfIssued ? 'self' : 'other',
        })}
      </Line>
      <Line health={dates}>
        {t(`device.certificate.dates-${dates === 'bad' ? 'over' : 'hold'}`, time)}
      </Line>
      {shown.issuerPem !== undefined && isIssued !== undefined && (
        <Line health={isIssued ? 'good' : 'bad'}>
          {t(isIssued ? 'device.certificate.verified' : 'device.certificate.not-verified', {
            issuer: facts.issuer.commonName,
          })}
        </Line>
      )}
    </ul>
  )
}

function datesHealth(facts: CertificateFacts, now: number): Health {
  if (now > Date.parse(facts.notAfter) || now < Date.parse(facts.notBefore)) return 'bad'
  return Date.parse(facts.notAfter) - now < 14 * DAY_MS ? 'attention' : 'good'
}

function Line({ health, children }: { health: Health; children: ReactNode }) {
  return (
    <li className="flex gap-2.5">
      <HealthIcon health={health} className="mt-0.5" />
      <span>{children}</span>
    </li>
  )
}

function Fields({ facts }: { facts: CertificateFacts }) {
  const { t } = useTranslation()
  const thumbprint = useQuery({
    queryKey: ['thumbprint', facts.serialNumber, facts.notAfter],
    queryFn: () => sha256Hex(facts.certificate.der),
    staleTime: Infinity,
    retry: false,
  }).data
  const name = ({ commonName, organisation }: CertificateFacts['subject']) =>
    organisation === undefined ? commonName : `${commonName} · ${organisation}`
  const key =
    facts.key.algorithm === 'other'
      ? t('device.certificate.key-other')
      : `${facts.key.algorithm === 'rsa' ? 'RSA' : 'Ed25519'}${facts.key.algorithm === 'rsa' ? ` ${facts.key.bits ?? ''}` : ''}`
  return (
    <dl className="mt-4 text-13">
      <Fact name={t('device.certificate.subject')}>{name(facts.subject)}</Fact>
      <Fact name={t('device.certificate.issuer')}>{name(facts.issuer)}</Fact>
      <Fact name={t('device.certificate.from')}>
        <code>{exactUtc(facts.notBefore)}</code>
      </Fact>
      <Fact name={t('device.certificate.until')}>
        <code>{exactUtc(facts.notAfter)}</code>
      </Fact>
      <Fact name={t('device.certificate.key')}>{key}</Fact>
      <Fact name={t('device.certificate.signature')}>
        {t(`device.certificate.signed.${facts.signature}`)}
      </Fact>
      <Fact name={t('device.certificate.uses')}>
        {facts.uses.length === 0
          ? t('device.certificate.any-use')
          : facts.uses.map((use) => t(`device.certificate.use.${use}`)).join(', ')}
      </Fact>
      <Fact name={t('device.certificate.serial')}>
        <Identifier value={facts.serialNumber} what={t('device.certificate.serial')} keep={26} />
      </Fact>
      {thumbprint !== undefined && (
        <Fact name={t('device.certificate.thumbprint')}>
          <Identifier value={thumbprint} what={t('device.certificate.thumbprint')} keep={26} />
        </Fact>
      )}
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-h-9 grid-cols-[7.5rem_1fr] items-center gap-x-3 border-b border-line">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 py-1.5 wrap-anywhere">{children}</dd>
    </div>
  )
}

function Pem({ pem, name }: { pem: string; name: string }) {
  const { t } = useTranslation()
  const { copied, copy } = useCopy(pem)
  const Icon = copied ? Check : Copy
  return (
    <div className="mt-4">
      <div className="mb-2 flex items-center gap-2">
        <h3 className="me-auto text-13 font-semibold">PEM</h3>
        <Button onClick={copy} icon={<Icon aria-hidden="true" className="size-3.5" />}>
          {t(copied ? 'ui.copy.done' : 'ui.copy.text')}
        </Button>
        <a
          href={`data:application/x-pem-file;base64,${btoa(pem)}`}
          download={`${name.replace(/[^\w.-]+/g, '-')}.pem`}
          className={buttonClass('secondary')}
        >
          <Download aria-hidden="true" className="size-3.5" />
          {t('device.certificate.download')}
        </a>
      </div>
      <CodeBlock className="max-h-64">{pem.trim()}</CodeBlock>
    </div>
  )
}
