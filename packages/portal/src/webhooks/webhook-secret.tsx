import { type CreatedWebhook, SIGNATURE_HEADER } from '@sanad/protocol/operator-api/webhooks'
import { Check, Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useCopy } from '../ui/identifier.tsx'

interface WebhookSecretProps {
  readonly created: CreatedWebhook
  readonly onClose: () => void
}

/** The only time that it is shown; the server keeps it sealed, and this page not at all. */
export function WebhookSecret({ created: { webhook, secret }, onClose }: WebhookSecretProps) {
  const { t } = useTranslation()
  const { copied, copy } = useCopy(secret)
  const Icon = copied ? Check : Copy
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('webhooks.secret.title', { name: webhook.name })}
      note={t('webhooks.secret.note')}
    >
      <div className="flex flex-col gap-3 pt-1 text-13">
        <CodeBlock className="break-all whitespace-pre-wrap">{secret}</CodeBlock>
        <p>{t('webhooks.secret.use', { header: SIGNATURE_HEADER })}</p>
        <div className="flex justify-end gap-2 pt-1">
          <Button icon={<Icon aria-hidden="true" className="size-3.5" />} onClick={copy}>
            {copied ? t('ui.copy.done') : t('webhooks.secret.copy')}
          </Button>
          <Button shape="primary" onClick={onClose}>
            {t('webhooks.secret.kept')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
