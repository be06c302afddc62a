import { type CreatedWebhook, SIGNATURE_HEADER } from '@sanad/protocol/operator-api/webhooks'
import { useTranslation } from 'react-i18next'
import { ShownOnce } from '../ui/shown-once.tsx'

interface WebhookSecretProps {
  readonly created: CreatedWebhook
  readonly onClose: () => void
}

/** The server keeps the secret sealed, and shows it no second time. */
export function WebhookSecret({ created: { webhook, secret }, onClose }: WebhookSecretProps) {
  const { t } = useTranslation()
  return (
    <ShownOnce
      title={t('webhooks.secret.title', { name: webhook.name })}
      note={t('webhooks.secret.note')}
      value={secret}
      copyLabel={t('webhooks.secret.copy')}
      keptLabel={t('webhooks.secret.kept')}
      onClose={onClose}
    >
      {t('webhooks.secret.use', { header: SIGNATURE_HEADER })}
    </ShownOnce>
  )
}
