import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressedForms } from './tools/compressed-forms.ts'
import { firstChunks } from './tools/first-chunks.ts'

// The management server, or the mock (`npm run mock-api`), while developing.
const api = process.env['SANAD_API'] ?? 'http://127.0.0.1:4400'

export default defineConfig({
  plugins: [react(), tailwindcss(), compressedForms()],
  build: {
    target: 'es2023',
    // The content security policy admits no data: URL for fonts or scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
    // In kilobytes before compression; test/first-paint.test.ts holds the budget of what is sent.
    chunkSizeWarningLimit: 700,
    // The first paint needs all of the few files: the browser is told of them in the page itself.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: firstChunks(import.meta.dirname) },
            { name: 'shared', minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: api, changeOrigin: false } } },
})
