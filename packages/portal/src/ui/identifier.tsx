import { Check, Copy } from 'lucide-react'
import { clsx } from 'clsx'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shortenMiddle } from './shorten.ts'

interface IdentifierProps {
  readonly value: string
  /** What it is, for the name of the copy button: “serial number”, “thumbprint”. */
  readonly what: string
  readonly keep?: number
  readonly className?: string
}

/** A serial number, thumbprint or code: mono, cut in the middle, copied whole by one press. */
export function Identifier({ value, what, keep, className }: IdentifierProps) {
  const { t } = useTranslation()
  const { copied, copy } = useCopy(value)
  return (
    <span className={clsx('group/id inline-flex min-w-0 items-center gap-0.5', className)}>
      <code dir="ltr" title={value} className="min-w-0 truncate">
        {keep === undefined ? value : shortenMiddle(value, keep)}
      </code>
      <button
        type="button"
        aria-label={copied ? t('ui.copy.done') : t('ui.copy.what', { what })}
        onClick={copy}
        className="relative inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-faint opacity-70 transition-opacity group-hover/id:opacity-100 hover:text-ink focus-visible:opacity-100"
      >
        {copied ? (
          <Check aria-hidden="true" className="size-3.5 text-good-mark" />
        ) : (
          <Copy aria-hidden="true" className="size-3.5" />
        )}
      </button>
    </span>
  )
}

export function useCopy(value: string): { copied: boolean; copy: () => void } {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1_600)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    navigator.clipboard.writeText(value).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return { copied, copy }
}
